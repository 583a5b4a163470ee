import { attribute, button, h, style, write } from "../dom";
import type { Photo } from "../pixels/photo";
import { renewals } from "../signals";
import { Pane, SMALL } from "./picture";

/** What is shown of some pictures. */
interface Shown {
  /** Their numbers, that of which there is most first. */
  readonly top: readonly number[];
  /** Which of them is large. */
  readonly index: number;
  readonly name: string;
  /** What bright and bordered mean. */
  readonly meaning: string;
  /** What the large one shows, in words. */
  readonly described: string;
  photo(picture: number): Photo | undefined;
  /** The pixels of one of them as it is to be seen. */
  pixels(photo: Photo, place: number): Uint8ClampedArray<ArrayBuffer>;
  /** Draws over the large one. */
  over?(pane: Pane, photo: Photo): void;
}

/** The picture in view, large, and below it a strip of those at which something is largest. */
export class TopPictures {
  readonly #pane = new Pane();
  readonly #name = h("b");
  readonly #meaning = h("span", { class: "xai-quiet", role: "status" });
  readonly figure = h(
    "figure",
    { class: "xai-top-picture" },
    h("figcaption", {}, this.#name, this.#meaning),
    h("div", { class: "xai-top-pane" }, this.#pane.element),
  );
  readonly strip: HTMLElement;
  readonly #renewed: () => AbortSignal;
  #small: Pane[] = [];
  #built = "";

  constructor(
    private readonly what: string,
    private readonly choose: (place: number) => void,
    signal: AbortSignal,
  ) {
    this.strip = h("div", { class: "xai-top-strip", role: "group", "aria-label": `Pictures at which ${what}` });
    attribute(this.#pane.element, "role", "img");
    this.#renewed = renewals(signal);
  }

  show({ top, index, name, meaning, described, photo, pixels, over }: Shown): void {
    if (this.#built !== top.join()) {
      this.#built = top.join();
      this.#build(top);
    }
    write(this.#name, name);
    write(this.#meaning, meaning);
    const paint = (pane: Pane, place: number): Photo | undefined => {
      const found = photo(top[place] ?? -1);
      if (found === undefined) return undefined;
      pane.paint(pixels(found, place), found.width, found.height);
      pane.canvas.classList.toggle("xai-crisp", found.width <= SMALL);
      return found;
    };
    const large = paint(this.#pane, index);
    if (large !== undefined) {
      style(this.figure, { "--ratio": large.width / large.height });
      over?.(this.#pane, large);
    }
    this.#small.forEach((pane, place) => {
      paint(pane, place);
      attribute(this.strip.children[place] as HTMLElement, "aria-pressed", place === index);
    });
    attribute(this.#pane.element, "aria-label", described);
  }

  #build(top: readonly number[]): void {
    const own = this.#renewed();
    this.#small = top.map(() => new Pane());
    const cells = top.map((number, place) => {
      const cell = button("", () => this.choose(place), own, {
        title: `Picture ${number + 1}`,
        "aria-label": `Picture ${number + 1}, number ${place + 1} of those at which ${this.what}`,
      });
      cell.replaceChildren((this.#small[place] as Pane).element);
      return cell;
    });
    this.strip.replaceChildren(...cells);
  }
}
