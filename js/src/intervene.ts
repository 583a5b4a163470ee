import { InterveneStore } from "./intervene/store";
import { view } from "./intervene/view";
import type { InterveneTraits } from "./shared/protocol";
import { defineWidget } from "./shared/widget";

export default defineWidget<InterveneTraits, InterveneStore>(InterveneStore, view);
