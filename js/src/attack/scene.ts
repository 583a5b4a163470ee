import type { AttackStore } from "./store";

/** What the parts of one view share. */
export interface AttackScene {
  readonly store: AttackStore;
  /** Ends with the view; every listener hangs on it. */
  readonly signal: AbortSignal;
  /** Whether the picture that was not attacked is shown in place of the one that was. */
  comparing: boolean;
}
