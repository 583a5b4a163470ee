import { attribute, button, h, on, percentage, style, write } from "../shared/dom";
import { order } from "../shared/explanation/table";
import { valueWords } from "../shared/explanation/value_words";
import { tint } from "../shared/pixels/colormap";
import { scaled } from "../shared/pixels/sign";
import { within } from "../shared/within";
import { number } from "../shared/words";
import type { Sheet } from "./scale";
import type { InputsStore } from "./store";

/** So fine are the steps of a slider: its range in so many. */
const STEPS = 200;

interface Column {
  readonly element: HTMLElement;
  readonly own: HTMLElement;
  readonly field: HTMLInputElement;
  readonly slider: HTMLInputElement;
  readonly fill: HTMLElement;
  readonly value: HTMLElement;
}

/** A row of numbers among the inputs: each with its slider, its field, and what it counts. */
export class RowPanel {
  readonly element: HTMLElement;
  readonly #list = h("ul", { class: "xai-row-columns", "aria-label": "Columns" });
  readonly #columns: readonly Column[];
  readonly #rest = h("p", { class: "xai-quiet", hidden: true });
  readonly #sort: HTMLElement;

  constructor(
    private readonly store: InputsStore,
    private readonly part: number,
    private readonly edits: boolean,
    signal: AbortSignal,
  ) {
    const { columns, ranges } = store.parts[part] ?? {};
    this.#columns = (columns ?? []).map((name, column) =>
      this.#column(name, column, ranges?.[column] ?? [0, 1], signal),
    );
    this.#list.classList.toggle("xai-only-shown", !edits);
    this.#list.append(...this.#columns.map(({ element }) => element));
    const sort = (): void => store.sortColumns(!store.largestFirst);
    this.#sort = button("Largest first", sort, signal, { "aria-pressed": false });
    this.#sort.hidden = this.#columns.length < 6;
    this.element = h("div", { class: "xai-part-row" }, this.#list, this.#rest, this.#sort);
  }

  show({ parts, look, limit, ends }: Sheet): void {
    const { said, map } = parts[this.part] ?? {};
    if (said === undefined || map === undefined) return;
    const shown = order(map, this.store.largestFirst);
    const values = this.store.row(this.part);
    const color = new Float64Array(3);
    const both = look.sign === "both";
    style(this.#list, { "--zero": both ? "50%" : "0%" });
    this.#columns.forEach(({ element, own: words, field, slider, fill, value }, column) => {
      const place = shown.indexOf(column);
      element.hidden = place < 0;
      element.style.order = String(place);
      const own = values[column] ?? 0;
      if (document.activeElement !== field) field.value = String(Number(own.toPrecision(3)));
      slider.value = String(own);
      const [low, high] = [Number(slider.min), Number(slider.max)];
      style(slider, { "--xai-filled": within((own - low) / (high - low), 0, 1) });
      attribute(slider, "aria-valuetext", number(own, 3));
      write(words, number(own, 3));
      const t = scaled(map[column] ?? 0, limit || 1, look.sign);
      const length = Math.abs(t) / (both ? 2 : 1);
      tint(look.colormap, t < 0 ? -1 : 1, both ? "both" : "positive", color);
      fill.style.background = `rgb(${Array.from(color, Math.round).join(" ")})`;
      fill.style.width = percentage(length);
      fill.style.left = percentage(both ? 0.5 - (t < 0 ? length : 0) : 0);
      write(value, number(map[column] ?? 0));
      element.title = valueWords(map[column] ?? 0, ends);
    });
    attribute(this.#sort, "aria-pressed", this.store.largestFirst);
    this.#rest.hidden = shown.length === map.length;
    write(this.#rest, `and ${map.length - shown.length} columns with smaller values`);
  }

  #column(name: string, column: number, [low, high]: readonly [number, number], signal: AbortSignal): Column {
    const { store, part } = this;
    const step = (high - low) / STEPS;
    const field = h("input", { type: "number", step: "any", "aria-label": name, class: "xai-row-field" });
    const slider = h("input", { type: "range", min: low, max: high, step, "aria-label": `${name}: slider` });
    const move = (value: number): void => {
      store.hold("typed", true);
      store.type(
        part,
        store.row(part).map((one, place) => (place === column ? value : one)),
      );
    };
    const release = (): void => {
      store.hold("typed", false);
      store.settle();
    };
    on(slider, "input", signal, () => move(Number(Number(slider.value).toPrecision(4))));
    on(field, "input", signal, () => {
      if (field.value !== "" && field.checkValidity()) move(Number(field.value));
    });
    on(slider, "change", signal, release);
    on(field, "change", signal, release);
    const fill = h("span");
    const value = h("span", { class: "xai-row-value" });
    const bar = h("span", { class: "xai-row-bar", "aria-hidden": true }, fill);
    const own = h("span", { class: "xai-quiet" });
    const change = this.edits ? [slider, field] : [own];
    const element = h("li", {}, h("span", { class: "xai-row-name", title: name }, name), ...change, bar, value);
    return { element, own, field, slider, fill, value };
  }
}
