import type { UnitsStore } from "./store";

/** What the parts of one view share. */
export interface UnitsScene {
  readonly store: UnitsStore;
  /** Ends with the view; every listener hangs on it. */
  readonly signal: AbortSignal;
}
