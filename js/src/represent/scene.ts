import type { RepresentStore } from "./store";

/** What the parts of one view share. */
export interface RepresentScene {
  readonly store: RepresentStore;
  /** Ends with the view; every listener hangs on it. */
  readonly signal: AbortSignal;
}
