import type { DictionaryStore } from "./store";

/** What the parts of one view of a decomposer share. */
export interface DictionaryScene {
  readonly store: DictionaryStore;
  /** Ends with the view; every listener hangs on it. */
  readonly signal: AbortSignal;
}
