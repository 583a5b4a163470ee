import type { ConceptStore } from "./store";

/** What the parts of one view share. */
export interface ConceptScene {
  readonly store: ConceptStore;
  /** Ends with the view; every listener hangs on it. */
  readonly signal: AbortSignal;
}

/** The class that gives a model its colour, wherever something is said of it. */
export function toneOf(view: number): string {
  return `xai-method-${view % 5}`;
}
