import type { PrototypeStore } from "./store";

/** What the parts of one view share. */
export interface PrototypeScene {
  readonly store: PrototypeStore;
  /** Ends with the view; every listener hangs on it. */
  readonly signal: AbortSignal;
}
