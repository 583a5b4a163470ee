import { outlinePath } from "../pixels/outline";
import type { Runs } from "../protocol";

const SVG = "http://www.w3.org/2000/svg";

/** The border of marked places over the pixels of a picture, black and white, so that it is seen on any. */
export class Outline {
  readonly element = document.createElementNS(SVG, "svg");
  private drawn: Runs | null | undefined;

  constructor() {
    this.element.classList.add("xai-outline");
    this.element.setAttribute("preserveAspectRatio", "none");
    this.element.setAttribute("aria-hidden", "true");
  }

  /** Draws the border of a segment over the pixels; null takes it away. */
  show(runs: Runs | null | undefined): void {
    if (runs === this.drawn) return;
    this.drawn = runs;
    if (!runs) {
      this.element.replaceChildren();
      return;
    }
    this.element.setAttribute("viewBox", `0 0 ${runs.width} ${runs.height}`);
    const d = outlinePath(runs);
    const paths = ["xai-outline-under", "xai-outline-over"].map((name) => {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("d", d);
      path.setAttribute("class", name);
      return path;
    });
    this.element.replaceChildren(...paths);
  }
}
