import type { Catalogue, Header, Prediction, Traits } from "../shared/explanation/protocol";

/** What is said of a picture with its first frame: also what the model says of it without paint. */
export interface PaintHeader extends Header {
  readonly before?: readonly Prediction[];
  /** Whether it is the picture without paint. */
  readonly bare?: boolean;
}

export interface PaintCatalogue extends Catalogue {
  /** Whether the models see no colours. */
  readonly grey: boolean;
}

/** The paint as Python knows it: the layers of the pictures, and the page that painted last; null is Python. */
export interface Painted {
  readonly by: string | null;
  readonly layers: Readonly<Record<string, readonly number[]>>;
}

export interface PaintTraits extends Traits {
  _paint: Painted;
}
