import type { Curtain } from "../shared/explanation/curtain";
import type { RankStore } from "./store";

/** What the parts of one view share. */
export interface RankScene {
  readonly store: RankStore;
  /** Ends with the view; every listener hangs on it. */
  readonly signal: AbortSignal;
  /** Left of which lies the picture alone. */
  readonly curtain: Curtain;
}

/** The class that gives the line and the name of a row its colour. */
export function kindOf({ table }: RankStore, row: number): string {
  const { titles = [], controls = [] } = table.header ?? {};
  const control = controls[row - (titles.length - controls.length)];
  return control === undefined ? `xai-method-${row}` : `xai-control-${control}`;
}
