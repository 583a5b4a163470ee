import { h, write } from "../shared/dom";
import type { PaintHeader, Prediction } from "../shared/protocol";
import { score } from "../shared/words";

/** Up to so many classes keep their places, in the order of the classes, so that each bar is seen to grow and shrink. */
const MOST_IN_PLACE = 10;

function amount(prediction: Prediction | undefined): number {
  return prediction?.probability ?? prediction?.value ?? 0;
}

/** The classes with what the model says now, and a mark where it was before it was painted on. */
export class BarsWithBefore {
  readonly element: HTMLElement;
  private readonly list = h("ul", { class: "xai-bars", "aria-label": "Classes" });
  private readonly note = h("p", { class: "xai-before-note", hidden: true }, h("i", {}), "as it was given");
  private rows: { row: HTMLElement; name: HTMLElement; fill: HTMLElement; mark: HTMLElement; value: HTMLElement }[] =
    [];

  constructor(private readonly classes: number) {
    this.element = h("div", { class: "xai-bars-before" }, this.list, this.note);
  }

  show({ predictions, before = [], bare = true, state }: PaintHeader): void {
    const explained = state.target ?? predictions[0]?.index;
    const inPlace = this.classes <= MOST_IN_PLACE;
    const shown = inPlace ? [...predictions].sort((a, b) => a.index - b.index) : predictions;
    const then = new Map(before.map((prediction) => [prediction.index, amount(prediction)]));
    const largest = Math.max(...[...predictions, ...before].map((prediction) => Math.abs(amount(prediction)))) || 1;
    const length = (prediction: Prediction, value: number): number =>
      prediction.probability == null ? Math.abs(value) / largest : value;
    while (this.rows.length < shown.length) this.rows.push(this.newRow());
    this.rows.forEach(({ row, name, fill, mark, value }, place) => {
      const prediction = shown[place];
      row.hidden = prediction === undefined;
      if (prediction === undefined) return;
      const now = amount(prediction);
      const was = then.get(prediction.index) ?? now;
      write(name, prediction.name);
      name.title = prediction.name;
      write(value, score(now));
      fill.style.width = `${(100 * length(prediction, now)).toFixed(1)}%`;
      mark.hidden = bare;
      mark.style.left = `${(100 * length(prediction, was)).toFixed(1)}%`;
      row.title = bare ? "" : `${prediction.name}: ${score(was)} as it was given, ${score(now)} as it is painted`;
      row.classList.toggle("xai-explained", prediction.index === explained);
      row.classList.toggle("xai-contrast", prediction.index === state.contrast);
    });
    this.note.hidden = bare;
  }

  private newRow(): (typeof this.rows)[number] {
    const name = h("span", { class: "xai-bar-name" });
    const fill = h("span");
    const mark = h("i", { class: "xai-was", hidden: true });
    const value = h("span", { class: "xai-bar-value" });
    const track = h("span", { class: "xai-track", "aria-hidden": true }, h("span", { class: "xai-bar" }, fill), mark);
    const row = h("li", {}, name, track, value);
    this.list.append(row);
    return { row, name, fill, mark, value };
  }
}
