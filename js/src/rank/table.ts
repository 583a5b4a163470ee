import { Picker } from "../shared/controls/picker";
import { attribute, button, h, percentage, style, svg, write } from "../shared/dom";
import { families } from "../shared/explanation/methods";
import { renewals } from "../shared/signals";
import { score } from "../shared/words";
import { decimals, valueWords } from "./figures";
import { slots } from "./order";
import { kindOf, type RankScene } from "./scene";

/** How finely the lines are counted; they are stretched to the room there is. */
const FINE = 1000;
/** Which values of a column are the better ones: a sign that has room over every column, and in words. */
const BETTER = { higher: ["↑", "larger is better"], lower: ["↓", "smaller is better"] } as const;

/** A mean with its error, where that is known. */
export function meanWords(mean: number | null | undefined, error: number | null | undefined, places = 2): string {
  if (mean === null || mean === undefined) return "…";
  const said = valueWords(mean, places);
  return error === null || error === undefined ? said : `${said} ± ${valueWords(error, places)}`;
}

/** A row: what is judged, its cells, each at its place in its column, and the line through these. */
class Row {
  readonly element: HTMLElement;
  readonly line = svg("polyline", {});
  readonly #name: HTMLButtonElement;
  readonly #away: HTMLButtonElement;
  readonly #head: HTMLElement;
  readonly #cells: HTMLButtonElement[];

  constructor(
    private readonly scene: RankScene,
    private readonly row: number,
    columns: number,
    signal: AbortSignal,
  ) {
    const { store } = scene;
    this.#name = button("", () => store.open(row, store.question.column), signal, { class: "xai-rank-name" });
    this.#away = button("×", () => store.removeCell(row), signal, { class: "xai-rank-away", title: "Take it away" });
    this.#head = h("div", { class: "xai-rank-head", role: "rowheader" }, this.#name, this.#away);
    this.#cells = Array.from({ length: columns }, (_, column) =>
      button("", () => store.open(row, column), signal, { class: "xai-rank-cell" }),
    );
    for (const cell of this.#cells) cell.replaceChildren(h("span"), h("span"));
    const cells = this.#cells.map((cell, column) => {
      const element = h("div", { role: "cell", class: "xai-rank-place" }, cell);
      style(element, { left: percentage((column + 0.5) / columns) });
      return element;
    });
    this.element = h(
      "div",
      { role: "row" },
      this.#head,
      h("div", { class: "xai-rank-cells", role: "presentation" }, ...cells),
    );
  }

  /** Shows what is known of the row; `places` say where it stands in each column, of `count` rows, `digits` how exactly. */
  show(places: readonly number[], count: number, digits: readonly number[]): void {
    const { store } = this.scene;
    const { header, frame } = store.table;
    const { question } = store;
    const control = this.row >= store.cells.length;
    const title = header?.titles[this.row] ?? store.methodNamed(store.cells[this.row]?.method)?.label ?? "";
    const kind = kindOf(store, this.row);
    const here = question.row === this.row;
    this.element.className = `xai-rank-row ${kind}`;
    write(this.#name, title);
    this.#name.title = control ? "It asks no network: what a method is compared with." : `${title}: show its settings`;
    attribute(this.#name, "aria-pressed", here);
    this.#away.hidden = control || store.cells.length < 2;
    attribute(this.#away, "aria-label", `Take ${title} away`);
    const height = (slot: number): number => (slot + 0.5) / count;
    style(this.#head, { top: percentage(height(places[0] ?? this.row)) });
    const columns = this.#cells.length;
    this.#cells.forEach((cell, column) => {
      const mean = frame?.values[this.row]?.[column];
      const error = frame?.errors[this.row]?.[column];
      style(cell.parentElement as HTMLElement, { top: percentage(height(places[column] ?? this.row)) });
      const told = meanWords(mean, error, digits[column]);
      const [said = "", ...apart] = told.split(" ");
      write(cell.firstElementChild as HTMLElement, said);
      write(cell.lastElementChild as HTMLElement, apart.join(" "));
      cell.classList.toggle("xai-rank-open", here && question.column === column);
      attribute(cell, "aria-pressed", here && question.column === column);
      const place = (places[column] ?? 0) + 1;
      const metric = header?.labels[column] ?? "";
      cell.title = `${title}, ${metric}: ${told}, place ${place} of ${count}. Opens its worst picture.`;
      attribute(cell, "aria-label", cell.title);
    });
    const points = places.map((slot, column) => [(column + 0.5) / columns, height(slot)] as const);
    const from = [0, height(places[0] ?? this.row)] as const;
    attribute(this.line, "points", [from, ...points].map((at) => at.map((share) => share * FINE).join(",")).join(" "));
    attribute(
      this.line,
      "class",
      `xai-rank-line ${kind}${control ? " xai-dashed" : ""}${here ? " xai-rank-here" : ""}`,
    );
  }
}

/** A column's head: the metric, and which values are the better ones. */
class Head {
  readonly element: HTMLElement;
  readonly #name: HTMLButtonElement;
  readonly #sign = h("span", { "aria-hidden": true });
  readonly #better = h("span", { class: "xai-spoken" });

  constructor(
    private readonly scene: RankScene,
    private readonly column: number,
    signal: AbortSignal,
  ) {
    const { store } = scene;
    this.#name = button("", () => store.open(store.question.row, column), signal, { class: "xai-rank-metric" });
    const better = h("small", {}, this.#sign, this.#better);
    this.element = h("div", { role: "columnheader", class: "xai-rank-top" }, this.#name, better);
  }

  show(): void {
    const { store } = this.scene;
    const cell = store.question.metrics[this.column];
    const metric = store.catalogue.metrics.find(({ name }) => name === cell?.metric);
    write(this.#name, store.table.header?.labels[this.column] ?? metric?.label ?? "");
    this.#name.title = `${metric?.sentence ?? ""} Shows its settings.`;
    attribute(this.#name, "aria-pressed", store.question.column === this.column);
    const [sign, words] = metric === undefined ? ["", ""] : BETTER[metric.better];
    write(this.#sign, sign === "" ? "" : `${sign} is better`);
    write(this.#better, words);
    this.#sign.title = words;
  }
}

/** How much neighbouring metrics agree, under the gap between them. */
function agreement(column: number, columns: number): HTMLElement {
  const title = "Kendall's tau: 1 where both metrics have the methods in the same order, −1 in the opposite one.";
  const element = h("span", { title });
  style(element, { left: percentage((column + 1) / columns) });
  return element;
}

/** The metrics as columns, in each of which the best stands on top; lines that cross are metrics that disagree. */
export function table(scene: RankScene): HTMLElement {
  const { store, signal } = scene;
  const drawing = svg("svg", { viewBox: `0 0 ${FINE} ${FINE}`, preserveAspectRatio: "none", "aria-hidden": true });
  const heads = h("div", { class: "xai-rank-tops", role: "row" });
  const body = h("div", { class: "xai-rank-rows", role: "rowgroup" });
  const taus = h("div", { class: "xai-rank-taus" });
  const over = h("span", { class: "xai-rank-over", role: "status" });
  const add = new Picker("Add a method", (name) => store.addCell(name), signal, "+ Method");
  const judge = new Picker("Add a metric", (name) => store.addMetric(name), signal, "+ Metric");
  const root = h(
    "section",
    { class: "xai-rank", "aria-label": "Methods by metrics" },
    h("div", { role: "table", "aria-label": "Means over the pictures; the best of each column on top" }, heads, body),
    taus,
    h("div", { class: "xai-rank-foot" }, add.element, judge.element, over),
  );
  const renewed = renewals(signal);
  let rows: Row[] = [];
  let tops: Head[] = [];
  let between: HTMLElement[] = [];
  let built = "";
  const build = (count: number, columns: number): void => {
    const own = renewed();
    rows = Array.from({ length: count }, (_, row) => new Row(scene, row, columns, own));
    tops = Array.from({ length: columns }, (_, column) => new Head(scene, column, own));
    between = Array.from({ length: columns - 1 }, (_, column) => agreement(column, columns));
    heads.replaceChildren(...tops.map(({ element }) => element));
    drawing.replaceChildren(...rows.map(({ line }) => line));
    body.replaceChildren(
      h("div", { class: "xai-rank-lines" }, drawing as unknown as HTMLElement),
      ...rows.map(({ element }) => element),
    );
    taus.replaceChildren(...between);
    style(root, { "--rows": count, "--columns": columns });
  };
  const show = (): void => {
    const { frame, header } = store.table;
    const columns = store.question.metrics.length;
    const count = frame?.values.length ?? header?.titles.length ?? store.cells.length;
    if (built !== `${count} ${columns}`) {
      built = `${count} ${columns}`;
      build(count, columns);
    }
    for (const top of tops) top.show();
    const places = Array.from({ length: columns }, (_, column) =>
      slots(Array.from({ length: count }, (_, row) => frame?.ranks[row]?.[column] ?? null)),
    );
    const digits = Array.from({ length: columns }, (_, column) =>
      decimals(frame?.values.map((row) => row[column]) ?? []),
    );
    rows.forEach((row, number) => {
      const own = places.map((slot) => slot[number] ?? number);
      row.show(own, count, digits);
    });
    between.forEach((element, column) => {
      const tau = frame?.coherence[column];
      write(element, tau === null || tau === undefined ? "" : `τ ${score(tau)}`);
    });
    const all = store.catalogue.pictures.length;
    write(over, frame === undefined ? "" : `means over ${frame.inputs} of ${all} pictures, ± standard errors`);
    add.element.hidden = store.cells.length >= store.catalogue.most_methods;
    judge.element.hidden = columns >= store.catalogue.most_metrics;
  };
  const sentence = "What an explanation is judged by.";
  const entries = store.catalogue.metrics.map(({ name, label, sentence: words, reference }) => ({
    value: name,
    label,
    sentence: words,
    reference,
  }));
  judge.show([{ heading: "Metrics", sentence, entries }], "");
  store.signals.follow(["offer"], () => add.show(families(store.catalogue, store.refusals), ""), signal);
  store.signals.follow(["question", "frames"], show, signal);
  return root;
}
