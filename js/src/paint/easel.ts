import { Easel } from "../shared/explanation/easel";
import type { Store } from "../shared/explanation/store";
import { type Photo, photo } from "../shared/pixels/photo";
import type { Paints } from "./paints";
import { composite, type Layer } from "./pixels/layer";

interface Mixed {
  readonly given: Photo;
  readonly layer: Layer;
  readonly photo: Photo;
}

/** Pictures and the paint on them, as far as it takes to draw them. */
interface Painting extends Store {
  readonly bare: boolean;
  readonly paints: Paints;
}

/** Draws maps over pictures as they are painted, and the painted pictures themselves. */
export class PaintEasel extends Easel {
  readonly #mixed = new Map<number, Mixed>();

  constructor(private readonly paint: Painting) {
    super(paint);
  }

  /** A picture as it was given. */
  given(index: number): Photo | undefined {
    return super.photo(index);
  }

  /** A picture as it is looked at. */
  override photo(index: number): Photo | undefined {
    return this.paint.bare ? this.given(index) : this.painted(index);
  }

  /** A picture with its paint. */
  painted(index: number): Photo | undefined {
    const given = this.given(index);
    if (given === undefined || !this.paint.paints.isPainted(index)) return given;
    const layer = this.paint.paints.layer(index);
    let mixed = this.#mixed.get(index);
    if (mixed?.layer !== layer || mixed.given !== given) {
      mixed = { given, layer, photo: photo(composite(given.rgba, layer), given.width, given.height) };
      this.#mixed.set(index, mixed);
    }
    return mixed.photo;
  }
}
