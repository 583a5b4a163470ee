import { h, percentage, style, write } from "../dom";
import type { Header, Prediction } from "../protocol";
import { chance, score } from "../words";
import { amount, classesShown, explainedClass, given, shortNames } from "./classes_shown";
import type { Store } from "./store";

/** The value of a prediction in words. */
export function predictionValue(prediction: Prediction): string {
  return prediction.probability == null ? score(amount(prediction)) : chance(prediction.probability);
}

/** One class: its name, a bar, and how much. */
interface Row {
  readonly row: HTMLElement;
  readonly name: HTMLElement;
  readonly track: HTMLElement;
  readonly fill: HTMLElement;
  readonly value: HTMLElement;
}

function newRow(): Row {
  const name = h("span", { class: "xai-bar-name" });
  const fill = h("span");
  const value = h("span", { class: "xai-bar-value" });
  const track = h("span", { class: "xai-track", "aria-hidden": true }, h("span", { class: "xai-bar" }, fill));
  return { row: h("li", {}, name, track, value), name, track, fill, value };
}

/** What one model says of the classes that are shown of all models. */
export class Bars {
  protected readonly list = h("ul", { class: "xai-bars", "aria-label": "Classes" });
  protected readonly rows: Row[] = [];
  readonly #names: readonly string[];

  constructor(
    protected readonly store: Store,
    protected readonly view: number,
  ) {
    this.#names = shortNames(store.catalogue.classes);
  }

  get element(): HTMLElement {
    return this.list;
  }

  /** The classes, of all models, in the order of their bars. */
  protected shown(headers: readonly Header[]): Prediction[] {
    return classesShown(headers, this.store.catalogue.classes.length);
  }

  /** How many bars there is always room for, on the stage too. */
  protected first(headers: readonly Header[]): number {
    return this.shown(headers).length;
  }

  show(header: Header): void {
    const { headers } = this.store;
    const shown = this.shown(headers);
    const { predictions, state } = header;
    const explained = explainedClass(header);
    const largest = Math.max(...headers.flatMap((one) => one.predictions.map((entry) => Math.abs(amount(entry))))) || 1;
    while (this.rows.length < shown.length) {
      const row = newRow();
      this.rows.push(row);
      this.list.append(row.row);
    }
    const room = this.element.closest<HTMLElement>(".xai-shown");
    if (room !== null) style(room, { "--xai-rows": shown.length, "--xai-first": this.first(headers) });
    this.rows.forEach(({ row, name, fill, value }, place) => {
      const entry = shown[place];
      row.hidden = entry === undefined;
      if (entry === undefined) return;
      const { prediction, below } = given(predictions, entry.index);
      write(name, this.#names[entry.index] ?? entry.name);
      name.title = entry.name;
      const words = predictionValue(prediction);
      write(value, below && amount(prediction) > 0 && !words.startsWith("<") ? `< ${words}` : words);
      fill.style.width = below ? "0" : percentage(this.length(prediction, largest));
      row.classList.toggle("xai-explained", entry.index === explained);
      row.classList.toggle("xai-contrast", entry.index === state.contrast);
    });
  }

  /** How long the bar of a prediction is, of all the room there is. */
  protected length(prediction: Prediction, largest: number): number {
    return prediction.probability ?? Math.abs(amount(prediction)) / largest;
  }
}
