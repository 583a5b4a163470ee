import { DictionaryStore } from "./dictionary/store";
import { view } from "./dictionary/view";
import type { DecomposeTraits } from "./shared/protocol";
import { defineWidget } from "./shared/widget";

export default defineWidget<DecomposeTraits, DictionaryStore>(DictionaryStore, view);
