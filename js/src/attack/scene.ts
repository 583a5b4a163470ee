import type { Curtain } from "../shared/explanation/curtain";
import type { AttackStore } from "./store";

/** What the parts of one view share. */
export interface AttackScene {
  readonly store: AttackStore;
  /** Ends with the view; every listener hangs on it. */
  readonly signal: AbortSignal;
  /** Whether the picture that was not attacked is shown in place of the one that was. */
  comparing: boolean;
  /** Left of which lies what was before. */
  readonly curtain: Curtain;
  /** Where the colour scales of the maps end by themselves, by whose they are. */
  readonly limits: Map<string, number>;
  /** The end of the one scale that all are on; undefined where each is on its own. */
  limit: number | undefined;
}
