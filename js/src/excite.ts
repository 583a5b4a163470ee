import { ExciteStore } from "./excite/store";
import { view } from "./excite/view";
import type { ExciteTraits } from "./shared/protocol";
import { defineWidget } from "./shared/widget";

export default defineWidget<ExciteTraits, ExciteStore>(ExciteStore, view);
