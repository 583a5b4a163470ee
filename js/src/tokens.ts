import type { TokenTraits } from "./shared/protocol";
import { defineWidget } from "./shared/widget";
import { TokenStore } from "./tokens/store";
import { view } from "./tokens/view";

export default defineWidget<TokenTraits, TokenStore>(TokenStore, view);
