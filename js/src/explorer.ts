import { ExplorerStore } from "./explorer/store";
import { view } from "./explorer/view";
import type { Traits } from "./shared/protocol";
import { defineWidget } from "./shared/widget";

export default defineWidget<Traits, ExplorerStore>(ExplorerStore, view);
