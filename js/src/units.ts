import type { DissectTraits } from "./shared/protocol";
import { defineWidget } from "./shared/widget";
import { UnitsStore } from "./units/store";
import { view } from "./units/view";

export default defineWidget<DissectTraits, UnitsStore>(UnitsStore, view);
