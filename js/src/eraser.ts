import { EraserStore } from "./eraser/store";
import { view } from "./eraser/view";
import type { EraserTraits } from "./shared/protocol";
import { defineWidget } from "./shared/widget";

export default defineWidget<EraserTraits, EraserStore>(EraserStore, view);
