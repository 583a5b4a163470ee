import { attribute, h, on, percentage, style, svg, write } from "./dom";
import { within } from "./within";
import { number } from "./words";

/** How finely the drawing is counted; it is stretched to the room there is. */
const FINE = 1000;
/** A scale that ends not far below one ends there: shares and correlations are read against it. */
const NEARLY_ONE = 0.5;

/** Zero is named where it lies this share of the height from both ends, whose numbers stand there. */
const APART = 0.17;

/** A line over a share from 0 to 1. */
export interface Line {
  /** The class that gives it its colour. */
  readonly kind: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Standard errors, as a band around it. */
  readonly errors?: readonly number[];
  readonly dashed?: boolean;
  /** Where it is read: a dot lies there. */
  readonly dot?: { readonly x: number; readonly y: number } | undefined;
}

/** A stretch of the vertical scale that means something. */
export interface Band {
  readonly from: number;
  readonly to: number;
  readonly words: string;
}

/** What happens while somebody drags over the plot. */
export interface Dragged {
  hold(held: boolean): void;
  move(x: number): void;
  settle(): void;
}

/** The ends of a scale that holds all numbers, and 0. */
export function ends(values: readonly number[]): [number, number] {
  const known = values.filter(Number.isFinite);
  const low = Math.min(0, ...known);
  const high = Math.max(0, ...known);
  return [low, high > NEARLY_ONE && high < 1 ? 1 : high || 1];
}

/** How far a line goes up and down, with its errors. */
function reached({ y, errors = [] }: Line): number[] {
  return y.flatMap((value, place) => [value - (errors[place] ?? 0), value + (errors[place] ?? 0)]);
}

/** Lines over a share, with a cursor where somebody looks. */
export class Plot {
  readonly element: HTMLElement;
  readonly #label = h("span", { class: "xai-plot-label" });
  readonly #drawing = svg("svg", { viewBox: `0 0 ${FINE} ${FINE}`, preserveAspectRatio: "none", "aria-hidden": true });
  readonly #dots = h("div", { class: "xai-plot-dots", "aria-hidden": true });
  readonly #cursor = h("i", { class: "xai-plot-cursor" });
  readonly #area: HTMLElement;
  readonly #low = h("span");
  readonly #high = h("span");
  readonly #zero = h("i", { class: "xai-plot-zero" });

  constructor(dragged: Dragged, signal: AbortSignal) {
    this.#area = h("div", { class: "xai-plot-area" }, this.#drawing, this.#zero, this.#cursor, this.#dots);
    const scale = h("div", { class: "xai-plot-scale", "aria-hidden": true }, this.#high, this.#low);
    this.element = h("div", { class: "xai-plot", role: "img" }, this.#label, scale, this.#area);
    const move = ({ clientX }: PointerEvent): void => {
      const { left, width } = this.#area.getBoundingClientRect();
      dragged.move(within((clientX - left) / width, 0, 1));
    };
    on(this.#area, "pointerdown", signal, (event) => {
      if (event.button !== 0) return;
      this.#area.setPointerCapture(event.pointerId);
      dragged.hold(true);
      move(event);
      event.preventDefault();
    });
    on(this.#area, "pointermove", signal, (event) => this.#area.hasPointerCapture(event.pointerId) && move(event));
    on(this.#area, ["pointerup", "pointercancel"], signal, (event) => {
      if (!this.#area.hasPointerCapture(event.pointerId)) return;
      this.#area.releasePointerCapture(event.pointerId);
      dragged.hold(false);
      dragged.settle();
    });
  }

  /** Draws lines of what `label` says, bands behind them, and the cursor. */
  show(label: string, lines: readonly Line[], at: number, bands: readonly Band[] = []): void {
    const [low, high] = ends([...lines.flatMap(reached), ...bands.flatMap(({ from, to }) => [from, to])]);
    const height = (value: number): number => (high - value) / (high - low);
    const point = (x: number, y: number): string => `${(FINE * x).toFixed(1)},${(FINE * height(y)).toFixed(1)}`;
    const drawn: SVGElement[] = bands.map(({ from, to, words }) => {
      const [top, bottom] = [Math.max(from, to), Math.min(from, to)].map(height) as [number, number];
      const size = { x: 0, width: FINE, y: FINE * top, height: Math.max(FINE * (bottom - top), 4) };
      return svg("rect", { class: "xai-plot-band", ...size, "data-words": words });
    });
    for (const { kind, x, y, errors, dashed = false } of lines) {
      const known = x.map((_, place) => place).filter((place) => Number.isFinite(y[place]));
      if (errors !== undefined) {
        const side = (sign: number): string[] =>
          known.map((place) => point(x[place] ?? 0, (y[place] ?? 0) + sign * (errors[place] || 0)));
        const points = [...side(1), ...side(-1).reverse()].join(" ");
        drawn.push(svg("polygon", { class: `xai-plot-errors ${kind}`, points }));
      }
      const points = known.map((place) => point(x[place] ?? 0, y[place] ?? 0)).join(" ");
      drawn.push(svg("polyline", { class: `xai-plot-line ${kind}${dashed ? " xai-dashed" : ""}`, points }));
    }
    this.#drawing.replaceChildren(...drawn);
    this.#dots.replaceChildren(
      ...lines.flatMap(({ kind, dot }) => {
        if (dot === undefined || !Number.isFinite(dot.y)) return [];
        const element = h("i", { class: kind });
        style(element, { left: percentage(dot.x), top: percentage(height(dot.y)) });
        return [element];
      }),
    );
    style(this.#cursor, { left: percentage(at) });
    style(this.#zero, { top: percentage(height(0)) });
    this.#zero.classList.toggle("xai-plot-apart", height(0) > APART && height(0) < 1 - APART);
    write(this.#label, label);
    write(this.#low, number(low));
    write(this.#high, number(high));
    attribute(this.element, "aria-label", label);
  }
}
