import { attribute, h, write } from "../shared/dom";
import type { Game } from "../shared/protocol";
import { change, entries, type Place, shares } from "./game";

/** So many orders are seen at once: all six of three players. */
const SEEN = 6;

/** What each player brings, one line for each order: the table that one makes by hand. */
export class Contributions {
  readonly element: HTMLElement;
  readonly #means: HTMLElement[];
  readonly #rows: { row: HTMLElement; head: HTMLElement; cells: HTMLElement[] }[];

  constructor(private readonly game: Game) {
    const names = game.players.map((name) => h("th", { scope: "col" }, name));
    this.#rows = game.orders.slice(0, SEEN).map(() => {
      const head = h("th", { scope: "row" });
      const cells = game.players.map(() => h("td"));
      return { row: h("tr", {}, head, ...cells), head, cells };
    });
    this.#means = game.players.map(() => h("td"));
    this.element = h(
      "table",
      { class: "xai-contributions" },
      h("caption", {}, "What each one brings, order by order"),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Order"), ...names)),
      h("tbody", {}, ...this.#rows.map(({ row }) => row)),
      h("tfoot", {}, h("tr", {}, h("th", { scope: "row" }, "Average"), ...this.#means)),
    );
  }

  show(place: Place): void {
    const { order, step } = place;
    shares(this.game, place).forEach(({ mean, count }, player) => {
      const cell = this.#means[player];
      if (cell !== undefined) write(cell, count === 0 ? "" : change(this.game, mean));
    });
    const first = Math.max(0, Math.min(order - SEEN + 2, this.game.orders.length - SEEN));
    this.#rows.forEach(({ row, head, cells }, line) => {
      const number = first + line;
      const steps = entries(this.game, number);
      const reached = number <= order;
      const names = steps.map(({ player }) => this.game.players[player]).join(" → ");
      write(head, reached ? `${number + 1}.  ${names}` : `${number + 1}.`);
      cells.forEach((cell, player) => {
        const entered = steps.findIndex((entry) => entry.player === player);
        const known = number < order || (number === order && entered < step);
        write(cell, known ? change(this.game, steps[entered]?.brought ?? 0) : "");
        cell.classList.toggle("xai-now", number === order && entered === step - 1);
      });
      attribute(row, "aria-current", number === order ? "step" : undefined);
    });
  }
}
