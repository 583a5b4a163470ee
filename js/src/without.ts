import type { WithholdTraits } from "./shared/protocol";
import { defineWidget } from "./shared/widget";
import { WithoutStore } from "./without/store";
import { view } from "./without/view";

export default defineWidget<WithholdTraits, WithoutStore>(WithoutStore, view);
