import type { WithoutStore } from "./store";

/** What "without" means, in the order in which values come: what each is called, and what it puts in a column's place. */
export const WAYS = [
  { name: "baseline", words: "the mean" },
  { name: "marginal", words: "any row’s" },
  { name: "conditional", words: "what is likely" },
] as const;

/** What the parts of one view share. */
export interface WithoutScene {
  readonly store: WithoutStore;
  /** Ends with the view; every listener hangs on it. */
  readonly signal: AbortSignal;
}
