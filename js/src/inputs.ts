import { InputsStore } from "./inputs/store";
import { view } from "./inputs/view";
import type { InputsTraits } from "./shared/protocol";
import { defineWidget } from "./shared/widget";

export default defineWidget<InputsTraits, InputsStore>(InputsStore, view);
