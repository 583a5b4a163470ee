import type { Curtain } from "../shared/explanation/curtain";
import type { RandomiseStore } from "./store";

/** What the parts of one view share. */
export interface RandomiseScene {
  readonly store: RandomiseStore;
  /** Ends with the view; every listener hangs on it. */
  readonly signal: AbortSignal;
  /** Left of which lies the map of the trained network. */
  readonly curtain: Curtain;
}

/** The class that gives the line and the name of a method their colour. */
export function kindOf(place: number): string {
  return `xai-method-${place}`;
}
