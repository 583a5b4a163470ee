import type { InterveneStore } from "./store";

/** What the parts of one view share. */
export interface InterveneScene {
  readonly store: InterveneStore;
  /** Ends with the view; every listener hangs on it. */
  readonly signal: AbortSignal;
}

/** The class that gives a model its colour, wherever something is said of it. */
export function toneOf(view: number): string {
  return `xai-method-${view % 5}`;
}
