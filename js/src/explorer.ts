import { view } from "./explorer/view";
import { Store } from "./shared/explanation/store";
import type { Traits } from "./shared/protocol";
import { defineWidget } from "./shared/widget";

export default defineWidget<Traits, Store>(Store, view);
