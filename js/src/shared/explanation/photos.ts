import { h } from "../dom";
import { type Photo, photo } from "../pixels/photo";

/** What a picture is as a data address. */
interface Address {
  readonly src: string;
  readonly width: number;
  readonly height: number;
}

/** The pixels of a picture that came as a data address. */
async function decode(src: string, width: number, height: number): Promise<Photo> {
  const image = new Image();
  image.src = src;
  await image.decode();
  const canvas = h("canvas", { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
  context.drawImage(image, 0, 0, width, height);
  return photo(context.getImageData(0, 0, width, height).data as Uint8ClampedArray<ArrayBuffer>, width, height);
}

/** What has pictures, shows them once they are read, and says what is wrong with them. */
interface Shows {
  readonly catalogue: { readonly pictures: readonly Address[] };
  readonly signals: { emit(topic: "frames"): void };
  fail(words: string): void;
}

/** Pictures that came as data addresses, each read once. */
export class Photos {
  readonly #known = new Map<string, Photo | undefined>();

  constructor(private readonly store: Shows) {}

  /** The picture with this number; undefined where there is none, and while it is being read. */
  photo(index: number): Photo | undefined {
    const picture = this.store.catalogue.pictures[index];
    return picture && this.at(picture);
  }

  /** What an address holds; undefined while it is being read. */
  at({ src, width, height }: Address): Photo | undefined {
    if (!this.#known.has(src)) {
      this.#known.set(src, undefined);
      decode(src, width, height).then(
        (found) => {
          this.#known.set(src, found);
          this.store.signals.emit("frames");
        },
        () => this.store.fail("This page cannot read the picture."),
      );
    }
    return this.#known.get(src);
  }
}
