import type { Pointing } from "../shared/explanation/pointing";
import type { EraserStore } from "./store";

/** What the parts of one view share. */
export interface EraserScene {
  readonly store: EraserStore;
  /** Ends with the view; every listener hangs on it. */
  readonly signal: AbortSignal;
}

/** The class that gives the line and the name of a map their colour: one for each method, and one for each control. */
export function kindOf({ views }: EraserStore, view: number): string {
  const control = views[view]?.header?.control;
  return control ? `xai-control-${control}` : `xai-method-${view % 5}`;
}

/** What the maps of one view share. */
export interface MapsScene extends EraserScene, Pointing {}
