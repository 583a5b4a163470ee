import type { ExciteStore } from "./store";

/** What the parts of one view share. */
export interface ExciteScene {
  readonly store: ExciteStore;
  /** Ends with the view; every listener hangs on it. */
  readonly signal: AbortSignal;
}
