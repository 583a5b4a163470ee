import { ConceptStore } from "./concepts/store";
import { view } from "./concepts/view";
import type { ConceptTraits } from "./shared/protocol";
import { defineWidget } from "./shared/widget";

export default defineWidget<ConceptTraits, ConceptStore>(ConceptStore, view);
