import { Drawing } from "../pixels/drawing";
import type { Look } from "../pixels/look";
import type { Photo } from "../pixels/photo";
import { signFor } from "../pixels/sign";
import type { Display, Ends } from "../protocol";
import type { Scale } from "./legend";
import { Photos } from "./photos";
import type { Store } from "./store";

/** A map over its picture, and how both are to be painted. */
interface Laid {
  readonly drawing: Drawing;
  readonly photo: Photo | undefined;
  /** How it is drawn, and what the ends of its colour scale mean. */
  readonly look: Look;
  readonly ends: Ends;
  /** The same as its legend shows it. */
  readonly scale: Scale;
  readonly map: Float32Array;
  readonly display: Display;
}

/** A drawing and what it shows. */
export interface Sheet extends Laid {
  /** Where its colour scale ends. */
  readonly limit: number;
}

/** Draws the newest frame of each model, once for all views of the widget. */
export class Easel {
  readonly #photos: Photos;
  readonly #maps: Laid[] = [];
  readonly #sheets: Sheet[] = [];
  /** What the values of each view measure: another unit is no reason to keep a scale. */
  readonly #units: string[] = [];

  constructor(private readonly store: Store) {
    this.#photos = new Photos(store);
  }

  /** The drawing of a model's newest frame; undefined while there is none, or while its picture is being read. */
  sheet(view: number): Sheet | undefined {
    const models = this.store.catalogue.models.length;
    const first = view - (view % models);
    const { display } = this.store;
    const drawn = this.#sheets[view];
    // Of one method the maps of all models are on one scale, so that they can be compared.
    const shared = display.scale === "shared" ? Array.from({ length: models }, (_, other) => first + other) : [view];
    const laid = shared.flatMap((other) => this.#laid(other) ?? []);
    const own = this.#laid(view);
    if (own === undefined) return drawn;
    const { header } = this.store.views[view] ?? {};
    const { method, layer, quantity } = header?.state ?? {};
    const unit = `${[method, layer, quantity, display.sign, shared.length]}`;
    // While a slider moves the scale holds still: what grows is seen to grow.
    const held = this.store.moving && this.#units[view] === unit ? drawn?.limit : undefined;
    const limit = held ?? Math.max(...laid.map(({ drawing }) => drawing.own));
    if (drawn?.map === own.map && drawn.look === own.look && drawn.photo === own.photo && drawn.limit === limit) {
      return drawn;
    }
    own.drawing.paint(own.look, limit);
    this.#units[view] = unit;
    this.#sheets[view] = { ...own, limit };
    return this.#sheets[view];
  }

  /** The newest map of a view laid over its picture, before it is painted. */
  #laid(view: number): Laid | undefined {
    const { frame, header } = this.store.views[view] ?? {};
    const before = this.#maps[view];
    if (frame === undefined || header === undefined) return before;
    const { index } = header.state;
    // A layer's units and inputs that are no pictures are drawn without one.
    const needed = frame.shape.length === 2 && this.store.catalogue.pictures[index] !== undefined;
    const photo = needed ? this.photo(index) : undefined;
    if (needed && photo === undefined) return before;
    const { display } = this.store;
    if (before?.map === frame.map && before.display === display && before.photo === photo) return before;
    const drawing = before?.drawing ?? new Drawing();
    const { ends } = header;
    // Bars are read one by one: none of a table's few columns hides the rest.
    const clip = (this.store.catalogue.columns ?? null) === null ? display.clip : 100;
    const look = { ...this.store.appearance, clip, sign: signFor(display.sign, ends) };
    drawing.lay(frame.map, frame.shape, photo, look);
    const { opacity, colormap, sign } = look;
    const under = look.layout === "blended" && photo !== undefined && !drawing.isVector ? photo.range : undefined;
    const laid = { drawing, photo, look, ends, map: frame.map, display, scale: { opacity, colormap, sign, under } };
    this.#maps[view] = laid;
    return laid;
  }

  /** A picture; undefined while it is being read. */
  photo(index: number): Photo | undefined {
    return this.#photos.photo(index);
  }
}
