import { PaintStore } from "./paint/store";
import { view } from "./paint/view";
import type { PaintTraits } from "./shared/protocol";
import { defineWidget } from "./shared/widget";

export default defineWidget<PaintTraits, PaintStore>(PaintStore, view);
