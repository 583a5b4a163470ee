import type { Look as Chosen, ColormapEntry } from "../protocol";

/** How a map is drawn, with the colours themselves in place of their name. */
export interface Look extends Omit<Chosen, "colormap"> {
  readonly colormap: ColormapEntry;
}
