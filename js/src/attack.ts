import { AttackStore } from "./attack/store";
import { view } from "./attack/view";
import type { AttackTraits } from "./shared/protocol";
import { defineWidget } from "./shared/widget";

export default defineWidget<AttackTraits, AttackStore>(AttackStore, view);
