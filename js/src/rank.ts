import { RankStore } from "./rank/store";
import { view } from "./rank/view";
import type { RankTraits } from "./shared/protocol";
import { defineWidget } from "./shared/widget";

export default defineWidget<RankTraits, RankStore>(RankStore, view);
