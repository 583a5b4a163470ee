import { PrototypeStore } from "./prototypes/store";
import { view } from "./prototypes/view";
import type { PrototypeTraits } from "./shared/protocol";
import { defineWidget } from "./shared/widget";

export default defineWidget<PrototypeTraits, PrototypeStore>(PrototypeStore, view);
