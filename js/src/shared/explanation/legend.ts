import { h, percentage, write } from "../dom";
import { scaleGradient } from "../pixels/colormap";
import type { Look } from "../pixels/look";
import { type Sign, scaled } from "../pixels/sign";
import type { Ends } from "../protocol";
import { number } from "../words";

/**
 * The words below the colour scale: at its lower end, in the middle, at its upper end. A lower end without a word is
 * one that the values never reach: a square is not negative.
 */
export function words(limit: number, sign: Sign, [lower, upper]: Ends): [string, string, string] {
  if (sign === "both") return [lower && `${lower} ${number(-limit)}`, "0", `${upper} ${number(limit)}`];
  return ["0", "", `${sign === "positive" ? upper : "size"} ${number(limit)}`];
}

/** How a scale is drawn. */
export interface Scale extends Pick<Look, "colormap" | "sign" | "opacity"> {
  /** The darkest and the brightest grey under the map; undefined where it covers all. */
  readonly under: readonly [number, number] | undefined;
}

/** What the colours of a picture mean. */
export class Legend {
  readonly element: HTMLElement;
  readonly #mark = h("i", { hidden: true });
  readonly #bar = h("div", { class: "xai-gradient", "aria-hidden": true }, this.#mark);
  readonly #words = [h("span"), h("span"), h("span")] as const;
  #drawn = "";
  #limit = 1;
  #sign: Sign = "both";

  constructor() {
    const scale = h("div", { class: "xai-ends" }, ...this.#words);
    this.element = h(
      "div",
      { class: "xai-legend", role: "group", "aria-label": "Colour scale", hidden: true },
      this.#bar,
      scale,
    );
  }

  /**
   * Shows what the colours mean, as they are drawn: over a picture they mix with its grey, so the scale lies over its
   * brightest grey above and over its darkest below.
   */
  show(limit: number, { under, ...look }: Scale, ends: Ends): void {
    // Where nothing counts, there is no scale.
    this.element.style.visibility = limit > 0 ? "" : "hidden";
    this.element.hidden = false;
    this.#limit = limit || 1;
    this.#sign = look.sign;
    const key = JSON.stringify([look, under]);
    if (this.#drawn !== key) {
      this.#drawn = key;
      this.#bar.style.background = scaleGradient(look, under);
    }
    // A line ends before a number, not in it.
    const said = words(limit, look.sign, ends).map((text) => text.replace(" × ", "\xa0×\xa0"));
    this.element.title = said.filter((text) => text !== "").join(" … ");
    this.#words.forEach((word, place) => {
      write(word, said[place] ?? "");
    });
  }

  /** Marks a value on the scale; null takes the mark away. */
  point(value: number | null): void {
    this.#mark.hidden = value === null;
    if (value === null) return;
    const t = scaled(value, this.#limit, this.#sign);
    this.#mark.style.left = percentage(this.#sign === "both" ? (t + 1) / 2 : t);
  }
}
