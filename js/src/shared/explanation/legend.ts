import { h, write } from "../dom";
import { colormapNamed, gradient } from "../pixels/colormap";
import { type Sign, scaled } from "../pixels/sign";
import type { Display, Ends } from "../protocol";
import { number } from "../words";

/**
 * The words below the colour scale: at its lower end, in the middle, at its upper end. A lower end without a word is
 * one that the values never reach: a square is not negative.
 */
export function words(limit: number, sign: Sign, [lower, upper]: Ends): [string, string, string] {
  if (sign === "both") return [lower && `${lower} ${number(-limit)}`, "0", `${upper} ${number(limit)}`];
  return ["0", "", `${sign === "positive" ? upper : "size"} ${number(limit)}`];
}

/** What the colours of one picture mean; each map has a scale of its own. */
export class Legend {
  readonly element: HTMLElement;
  private readonly mark = h("i", { hidden: true });
  private readonly bar = h("div", { class: "xai-gradient", "aria-hidden": true }, this.mark);
  private readonly words = [h("span"), h("span"), h("span")] as const;
  private drawn = "";

  constructor() {
    const scale = h("div", { class: "xai-ends" }, ...this.words);
    this.element = h(
      "div",
      { class: "xai-legend", role: "group", "aria-label": "Colour scale", hidden: true },
      this.bar,
      scale,
    );
  }

  /** Shows what the colours mean; in `brief` in numbers alone, with the words to be read on demand. */
  show(limit: number, { colormap, sign }: Pick<Display, "colormap" | "sign">, ends: Ends, brief = false): void {
    this.element.hidden = false;
    if (this.drawn !== `${colormap} ${sign}`) {
      this.drawn = `${colormap} ${sign}`;
      this.bar.style.background = gradient(colormapNamed(colormap), sign);
    }
    const said = words(limit, sign, ends);
    const texts = brief
      ? words(limit, sign, [ends[0] && " ", " "]).map((text) => text.replace("size", "").trim())
      : said;
    if (brief) this.element.title = said.filter((text) => text !== "").join(" … ");
    this.words.forEach((word, place) => {
      write(word, texts[place] ?? "");
    });
  }

  /** Marks a value on the scale; null takes the mark away. */
  point(value: number | null, limit: number, sign: Sign): void {
    this.mark.hidden = value === null;
    if (value === null) return;
    const t = scaled(value, limit, sign);
    this.mark.style.left = `${100 * (sign === "both" ? (t + 1) / 2 : t)}%`;
  }
}
