import { attribute, button, h, on, percentage, style, write } from "../shared/dom";
import { shortNames } from "../shared/explanation/classes_shown";
import { Pane } from "../shared/explanation/picture";
import { same } from "../shared/same";
import { renewals } from "../shared/signals";
import { count, score } from "../shared/words";
import { billOf, type Item, signed, span } from "./bill";
import { paintPatch } from "./patch";
import type { PrototypeScene } from "./scene";

/** Bars that go from one running sum to the next, for one class or two. */
class Steps {
  readonly #bars = [h("i"), h("i")];
  readonly #zero = h("i", { class: "xai-bill-zero" });
  readonly element = h("span", { class: "xai-bill-steps", "aria-hidden": true }, this.#zero, ...this.#bars);

  show(items: readonly Item[], [low, high]: readonly [number, number]): void {
    const at = (value: number): number => (value - low) / (high - low || 1);
    style(this.#zero, { left: percentage(at(0)) });
    this.#bars.forEach((bar, place) => {
      const item = items[place];
      bar.hidden = item === undefined;
      if (item === undefined) return;
      const left = Math.min(at(item.from), at(item.to));
      style(bar, { left: percentage(left), width: percentage(Math.max(at(item.from), at(item.to)) - left) });
      bar.classList.toggle("xai-bill-less", item.points < 0);
    });
  }
}

/** What one class gets of an item, and how. */
class Points {
  readonly #points = h("b");
  readonly #how = h("small", { class: "xai-quiet" });
  readonly element = h("span", { class: "xai-bill-points" }, this.#points, this.#how);

  show(points: string, how: string): void {
    write(this.#points, points);
    write(this.#how, how);
  }
}

/** What stands at the right of every line: the running sum, and the points for either class. */
class Line {
  readonly #steps = new Steps();
  readonly #points = [new Points(), new Points()];
  readonly cells = [this.#steps.element, ...this.#points.map(({ element }) => element)];

  show(items: readonly Item[], ends: readonly [number, number], points: (place: number) => [string, string]): void {
    this.#steps.show(items, ends);
    this.#points.forEach((cell, place) => {
      cell.element.hidden = items[place] === undefined;
      if (items[place] !== undefined) cell.show(...points(place));
    });
  }
}

/** An item: a patch here, the patch there, and a button that strikes it out. */
class Row {
  readonly #this = new Pane();
  readonly #that = new Pane();
  readonly #name = h("b");
  readonly #similarity = h("small", { class: "xai-quiet" });
  readonly #line = new Line();
  readonly element: HTMLElement;

  constructor(
    private readonly scene: PrototypeScene,
    private readonly place: number,
    signal: AbortSignal,
  ) {
    const { store } = scene;
    const unit = (): number => store.seen.frame?.rows[place]?.unit ?? 0;
    this.element = button("", () => store.toggle(unit()), signal, { class: "xai-bill-row" });
    this.element.replaceChildren(
      this.#this.element,
      this.#that.element,
      h("span", { class: "xai-bill-name" }, this.#name, this.#similarity),
      ...this.#line.cells,
    );
    on(this.element, ["pointerenter", "focus"], signal, () => store.look(unit()));
  }

  show(ends: readonly [number, number]): void {
    const { store } = this.scene;
    const { frame } = store.seen;
    const row = frame?.rows[this.place];
    if (frame === undefined || row === undefined) return;
    const { index, without } = store.question;
    const out = without.includes(row.unit);
    const items = store.bills.flatMap((bill) => bill.items[this.place] ?? []);
    paintPatch(this.#this, store.photo(index), row.this);
    paintPatch(this.#that, store.training(row.picture), row.that);
    write(this.#name, row.name);
    const similarity = frame.similarities[row.unit] ?? 0;
    write(this.#similarity, `${frame.negative || frame.pushed === false ? "says" : "similarity"} ${score(similarity)}`);
    this.#line.show(items, ends, (place) => [
      out ? "0" : signed(items[place]?.points ?? 0),
      `× ${score(items[place]?.weight ?? 0)}`,
    ]);
    attribute(this.element, "aria-pressed", out);
    this.element.classList.toggle("xai-bill-looked", store.looked?.unit === row.unit);
    this.element.title = out ? `Put ${row.name} back` : `Strike ${row.name} out`;
    const said = items.map(({ points }) => signed(points)).join(" and ");
    attribute(this.element, "aria-label", `${row.name}: ${this.#similarity.textContent}, points ${said}. Strike out`);
  }
}

/** A line that is no item: what all others bring, the bias, the sum. */
class Total {
  readonly #name = h("b");
  readonly #note = h("small", { class: "xai-quiet" });
  readonly #line = new Line();
  readonly element: HTMLElement;

  constructor(kind: string) {
    const name = h("span", { class: "xai-bill-name" }, this.#name, this.#note);
    this.element = h("div", { class: `xai-bill-line ${kind}` }, name, ...this.#line.cells);
  }

  show(
    name: string,
    note: string,
    items: readonly Item[],
    ends: readonly [number, number],
    points: (place: number) => [string, string],
  ): void {
    write(this.#name, name);
    write(this.#note, note);
    this.#line.show(items, ends, points);
  }
}

/** The bill: this looks like that, for so many points each, and what they sum to. */
export function rows(scene: PrototypeScene): HTMLElement {
  const { store, signal } = scene;
  const names = shortNames(store.catalogue.classes);
  const heads = [h("b", { class: "xai-bill-class" }), h("b", { class: "xai-bill-class" })];
  const head = h(
    "div",
    { class: "xai-bill-line xai-bill-head" },
    h("span", {}, "this"),
    h("span", { class: "xai-bill-that" }, "looks like that"),
    h("span", {}, "running sum"),
    ...heads,
  );
  const list = h("div", { class: "xai-bill-rows", role: "group", "aria-label": "Prototypes" });
  const others = new Total("xai-bill-others");
  const bias = new Total("xai-bill-bias");
  const sum = new Total("xai-bill-sum");
  const renewed = renewals(signal);
  let items: Row[] = [];
  const show = (): void => {
    const { frame } = store.seen;
    const { without } = store.question;
    if (frame === undefined) return;
    if (items.length !== frame.rows.length) {
      const own = renewed();
      items = frame.rows.map((_, place) => new Row(scene, place, own));
      list.replaceChildren(...items.map(({ element }) => element));
    }
    const { bills, asked } = store;
    // Whatever is struck out, the scale stays.
    const ends = span([...bills, ...asked.map((index) => billOf(frame, index, []))]);
    heads.forEach((one, place) => {
      const index = asked[place];
      one.hidden = index === undefined;
      write(one, names[index ?? 0] ?? "");
      one.title = store.catalogue.classes[index ?? 0] ?? "";
    });
    for (const row of items) row.show(ends);
    const left = frame.similarities.length - frame.rows.length;
    others.element.hidden = left === 0;
    const rest = bills.map((bill) => bill.others);
    others.show(count(left, "other", "others"), "", rest, ends, (place) => [signed(rest[place]?.points ?? 0), ""]);
    const biases = bills.map((bill) => bill.bias);
    bias.element.hidden = biases.every(({ points }) => signed(points) === "0");
    bias.show("bias", "", biases, ends, (place) => [signed(biases[place]?.points ?? 0), ""]);
    const sums = bills.map(({ total }) => ({ points: total, from: 0, to: total }));
    sum.show("sum", "the network says", sums, ends, (place) => [
      score(sums[place]?.points ?? 0),
      same(store.seen.header?.state.without ?? [], without)
        ? score(frame.scores[frame.classes.indexOf(asked[place] ?? 0)] ?? 0)
        : "…",
    ]);
  };
  store.signals.follow(["question", "frames"], show, signal);
  const table = h("div", { class: "xai-bill-table" }, head, list, others.element, bias.element, sum.element);
  return h("section", { class: "xai-bill-items", "aria-label": "The bill" }, table);
}
