import { attribute, h, svg } from "../dom";
import { within } from "../within";
import type { Point } from "./view_state";

const WIDTH = 90;
const HEIGHT = 22;
/** The changes at the top and at the bottom of the curve, as powers of ten: all of it, and a ten thousandth. */
const TOP = 0;
const BOTTOM = -4;

/** The change of each refinement, on a logarithmic scale, as the points of an SVG line. */
export function curvePoints(points: readonly Point[], planned: number): string {
  return points
    .filter(({ change }) => change !== null)
    .map(({ evaluations, change }) => {
      const power = within(Math.log10(change || Number.MIN_VALUE), BOTTOM, TOP);
      const x = 1 + (WIDTH - 2) * Math.min(1, evaluations / (planned || 1));
      const y = 1 + ((HEIGHT - 2) * (TOP - power)) / (TOP - BOTTOM);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(" ");
}

/** A small drawing of how the pictures converge, one line for each model. */
export class Curve {
  readonly element: HTMLElement;
  readonly #lines: SVGPolylineElement[];

  constructor(models: number) {
    this.#lines = Array.from({ length: models }, () => svg("polyline"));
    this.element = h(
      "span",
      { class: "xai-curve", "aria-hidden": true, title: "How much each refinement changed the map, on a log scale" },
      "convergence",
      svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}` }, ...this.#lines),
    );
  }

  show(views: readonly { points: readonly Point[]; planned: number }[]): void {
    this.#lines.forEach((line, view) => {
      const { points, planned } = views[view] ?? { points: [], planned: 1 };
      attribute(line, "points", curvePoints(points, planned));
    });
  }
}
