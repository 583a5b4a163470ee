import { Drawing } from "../pixels/drawing";
import { type Photo, photo } from "../pixels/photo";
import { signFor } from "../pixels/sign";
import type { Display, Ends } from "../protocol";
import type { Store } from "./store";

/** The pixels of a picture that came as a data address. */
export async function decode(src: string, width: number, height: number): Promise<Photo> {
  const image = new Image();
  image.src = src;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) throw new Error("this page has no 2D canvas");
  context.drawImage(image, 0, 0, width, height);
  return photo(context.getImageData(0, 0, width, height).data as Uint8ClampedArray<ArrayBuffer>, width, height);
}

/** A drawing and what it shows. */
export interface Sheet {
  readonly drawing: Drawing;
  readonly photo: Photo | undefined;
  /** How it was drawn, and what the ends of its colour scale mean. */
  readonly look: Display;
  readonly ends: Ends;
  map: Float32Array | undefined;
  display: Display | undefined;
}

/** Draws the newest frame of each model, once for all views of the widget. */
export class Easel {
  private readonly photos = new Map<number, Photo | "loading">();
  private readonly sheets: Sheet[] = [];

  constructor(private readonly store: Store) {}

  /** The drawing of a model's newest frame; undefined while there is none, or while its picture is being read. */
  sheet(view: number): Sheet | undefined {
    const { frame, header } = this.store.views[view] ?? {};
    const drawn = this.sheets[view];
    if (frame === undefined || header === undefined) return drawn;
    const { index } = header.state;
    // A layer's units and inputs that are no pictures are drawn without one.
    const needed = frame.shape.length === 2 && this.store.catalogue.pictures[index] !== undefined;
    const below = needed ? this.photo(index) : undefined;
    if (needed && below === undefined) return drawn;
    if (drawn?.map === frame.map && drawn.display === this.store.display && drawn.photo === below) return drawn;
    const drawing = drawn?.drawing ?? new Drawing();
    const { ends } = header;
    // Bars are read one by one: none of a table's few columns hides the rest.
    const clip = (this.store.catalogue.columns ?? null) === null ? this.store.display.clip : 100;
    const look = { ...this.store.display, clip, sign: signFor(this.store.display.sign, ends) };
    drawing.draw(frame.map, frame.shape, below, look);
    const sheet = { drawing, photo: below, look, ends, map: frame.map, display: this.store.display };
    this.sheets[view] = sheet;
    return sheet;
  }

  /** A picture; undefined while it is being read. */
  photo(index: number): Photo | undefined {
    const photo = this.photos.get(index);
    if (photo === undefined) this.load(index);
    return photo === "loading" ? undefined : photo;
  }

  private load(index: number): void {
    const { src, width, height } = this.store.catalogue.pictures[index] as {
      src: string;
      width: number;
      height: number;
    };
    this.photos.set(index, "loading");
    decode(src, width, height).then(
      (photo) => {
        this.photos.set(index, photo);
        this.store.signals.emit("frames");
      },
      () => this.store.fail("This page cannot read the picture."),
    );
  }
}
