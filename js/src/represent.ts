import { RepresentStore } from "./represent/store";
import { view } from "./represent/view";
import type { RepresentTraits } from "./shared/protocol";
import { defineWidget } from "./shared/widget";

export default defineWidget<RepresentTraits, RepresentStore>(RepresentStore, view);
