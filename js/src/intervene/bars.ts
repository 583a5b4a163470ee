import { h, percentage, style } from "../shared/dom";
import { within } from "../shared/within";
import { toneOf } from "./scene";

/** A mark that is nearer than this to the end of the bar says nothing that the bar does not. */
const SEEN = 0.015;

/** A track with a thin bar for each model, and on it a mark where something else stands. */
export class Bars {
  readonly #bars: readonly HTMLElement[];
  readonly #marks: readonly HTMLElement[];
  readonly element: HTMLElement;

  constructor(models: number, ...over: readonly HTMLElement[]) {
    const lines = Array.from({ length: models }, (_, view) =>
      h("i", { class: `xai-intervened-bar ${toneOf(view)}` }, h("i"), h("i", { class: "xai-intervened-mark" })),
    );
    this.#bars = lines.map((line) => line.firstElementChild as HTMLElement);
    this.#marks = lines.map((line) => line.lastElementChild as HTMLElement);
    this.element = h("span", { class: "xai-intervened-track" }, ...lines, ...over);
  }

  /** Shows one model: how long its bar is, and where its mark; undefined is none. */
  show(view: number, length: number | undefined, mark: number | undefined): void {
    const [bar, at] = [this.#bars[view] as HTMLElement, this.#marks[view] as HTMLElement];
    bar.hidden = length === undefined;
    at.hidden = mark === undefined || Math.abs(mark - (length ?? 0)) < SEEN;
    style(bar, { width: percentage(within(length ?? 0, 0, 1)) });
    style(at, { left: percentage(within(mark ?? 0, 0, 1)) });
  }
}
