import { attribute, svg } from "../dom";
import { outlinePath } from "../pixels/outline";
import type { Runs } from "../protocol";

/** The border of marked places over the pixels of a picture, black and white, so that it is seen on any. */
export class Outline {
  readonly element = svg("svg", { class: "xai-outline", preserveAspectRatio: "none", "aria-hidden": true });
  #drawn: Runs | null | undefined;

  /** Draws the border of a segment over the pixels; null takes it away. */
  show(runs: Runs | null | undefined): void {
    if (runs === this.#drawn) return;
    this.#drawn = runs;
    if (!runs) {
      this.element.replaceChildren();
      return;
    }
    attribute(this.element, "viewBox", `0 0 ${runs.width} ${runs.height}`);
    const d = outlinePath(runs);
    this.element.replaceChildren(...["under", "over"].map((name) => svg("path", { d, class: `xai-outline-${name}` })));
  }
}
