import type { Photo } from "../pixels/photo";
import { decode } from "./easel";

/** What a picture is as a data address. */
interface Address {
  readonly src: string;
  readonly width: number;
  readonly height: number;
}

/** Pictures that came as data addresses, each read once. */
export class Photos {
  readonly #known = new Map<string, Photo | "loading">();

  /** `ready` is called when one was read, `fail` with words when it cannot be. */
  constructor(
    private readonly ready: () => void,
    private readonly fail: (words: string) => void,
  ) {}

  /** A picture; undefined while it is being read. */
  at({ src, width, height }: Address): Photo | undefined {
    const known = this.#known.get(src);
    if (known !== undefined) return known === "loading" ? undefined : known;
    this.#known.set(src, "loading");
    decode(src, width, height).then(
      (photo) => {
        this.#known.set(src, photo);
        this.ready();
      },
      () => this.fail("This page cannot read the picture."),
    );
    return undefined;
  }
}
