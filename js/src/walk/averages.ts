import { h, write } from "../shared/dom";
import type { Game } from "../shared/protocol";
import { count } from "../shared/words";
import { change, entries, isOver, type Place, reach, shares } from "./game";

interface Row {
  readonly element: HTMLElement;
  readonly fill: HTMLElement;
  readonly dot: HTMLElement;
  readonly value: HTMLElement;
}

/** What each player brought on average so far: bars that settle at the Shapley values. */
export class Averages {
  readonly element: HTMLElement;
  readonly #title = h("h3");
  readonly #rows: Row[];
  readonly #sum = h("b");
  readonly #note = h("p", { class: "xai-quiet xai-walk-note" });
  readonly #ends: [number, number];

  constructor(private readonly game: Game) {
    this.#ends = reach(game);
    this.#rows = game.players.map((name) => this.#row(name));
    const list = h("ul", { class: "xai-averages" }, ...this.#rows.map(({ element }) => element));
    const total = h("p", { class: "xai-sum" }, h("span", {}, "Sum"), this.#sum);
    this.element = h("section", {}, this.#title, list, total, this.#note);
  }

  show(place: Place): void {
    const { game } = this;
    const over = isOver(game, place);
    write(this.#title, over ? "Shapley values" : "Average so far");
    const found = shares(game, place);
    const now = entries(game, place.order).slice(0, place.step);
    this.#rows.forEach(({ element, fill, dot, value }, player) => {
      const { mean, count: orders } = found[player] ?? { mean: 0, count: 0 };
      const brought = now.find((entry) => entry.player === player)?.brought;
      const [left, right] = [Math.min(mean, 0), Math.max(mean, 0)];
      fill.style.left = this.#across(left);
      fill.style.width = `calc(${this.#across(right)} - ${this.#across(left)})`;
      dot.hidden = brought === undefined;
      dot.style.left = this.#across(brought ?? 0);
      write(value, orders === 0 ? "–" : change(game, mean));
      element.classList.toggle("xai-falls", mean < 0);
      element.classList.toggle("xai-now", now.at(-1)?.player === player);
    });
    const complete = place.step === game.players.length;
    write(this.#sum, complete ? change(game, (game.values.at(-1) ?? 0) - (game.values[0] ?? 0)) : "…");
    const all = over ? `all ${game.orders.length} orders` : count(place.order + 1, "order", "orders");
    const last = complete ? "" : ", the last one still going on";
    write(
      this.#note,
      place.step + place.order === 0 ? "No order yet." : `Bar: the average over ${all}${last}. Dot: this order.`,
    );
  }

  #row(name: string): Row {
    const fill = h("i", { class: "xai-fill" });
    const dot = h("i", { class: "xai-dot", hidden: true });
    const zero = h("i", { class: "xai-zero" });
    zero.style.left = this.#across(0);
    const value = h("span", { class: "xai-bar-value" });
    const track = h("span", { class: "xai-axis", "aria-hidden": true }, fill, zero, dot);
    const element = h("li", {}, h("span", { class: "xai-bar-name", title: name }, name), track, value);
    return { element, fill, dot, value };
  }

  #across(value: number): string {
    const [low, high] = this.#ends;
    return `${((100 * (value - low)) / (high - low || 1)).toFixed(2)}%`;
  }
}
