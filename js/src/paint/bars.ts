import { h, percentage } from "../shared/dom";
import { Bars, predictionValue } from "../shared/explanation/bars";
import { amount, given } from "../shared/explanation/classes_shown";
import type { Header, PaintHeader, Prediction } from "../shared/protocol";

/** Up to so many classes keep their places, in the order of the classes, so that each bar is seen to grow and shrink. */
const MOST_IN_PLACE = 10;

/** The classes with what the model says now, and a mark where it was before it was painted on. */
export class BarsWithBefore extends Bars {
  readonly #note = h("p", { class: "xai-before-note" }, h("i", {}), "as it was given");
  readonly #marks: HTMLElement[] = [];
  readonly #box = h("div", { class: "xai-bars-before" }, this.list, this.#note);

  override get element(): HTMLElement {
    return this.#box;
  }

  protected override shown(headers: readonly Header[]): Prediction[] {
    const first = super.shown(headers);
    if (this.store.catalogue.classes.length > MOST_IN_PLACE) return first;
    const all = [...new Map(headers.flatMap(({ predictions }) => predictions.map((one) => [one.index, one]))).values()];
    return all.sort((a, b) => a.index - b.index);
  }

  protected override first(headers: readonly Header[]): number {
    return super.shown(headers).length;
  }

  override show(header: PaintHeader): void {
    super.show(header);
    const { before = [], bare = true, predictions } = header;
    const headers = this.store.views.flatMap((view) => (view.header === undefined ? [] : [view.header]));
    const shown = this.shown(headers);
    // On the stage there is room for those that matter.
    const first = new Set(super.shown(headers).map(({ index }) => index));
    const largest = Math.max(...[...predictions, ...before].map((entry) => Math.abs(amount(entry)))) || 1;
    this.rows.forEach(({ row, track }, place) => {
      const entry = shown[place];
      let mark = this.#marks[place];
      if (mark === undefined) {
        mark = h("i", { class: "xai-was" });
        this.#marks.push(mark);
        track.append(mark);
      }
      mark.hidden = bare;
      row.title = "";
      row.classList.toggle("xai-rest", entry !== undefined && !first.has(entry.index));
      if (entry === undefined || bare) return;
      const was = given(before, entry.index).prediction;
      const now = given(predictions, entry.index).prediction;
      mark.style.left = percentage(this.length(was, largest));
      row.title = `${entry.name}: ${predictionValue(was)} as it was given, ${predictionValue(now)} as it is painted`;
    });
    // It keeps its room: nothing moves when the first stroke comes.
    this.#note.style.visibility = bare ? "hidden" : "visible";
  }
}
