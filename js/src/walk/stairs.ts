import { h, write } from "../shared/dom";
import type { Game } from "../shared/protocol";
import { amount, change, type Entry, entries, type Place } from "./game";

/** How much of the height is left free above and below, for what is written there. */
const MARGIN = 0.14;

interface Stair {
  readonly element: HTMLElement;
  readonly block: HTMLElement;
  readonly level: HTMLElement;
  readonly brought: HTMLElement;
  readonly name: HTMLElement;
}

/** The value as a staircase: one stair for each player who enters, as high as what this one brings. */
export class Stairs {
  readonly element: HTMLElement;
  readonly #stairs: Stair[];
  readonly #low: number;
  readonly #high: number;

  constructor(private readonly game: Game) {
    const [low, high] = [Math.min(...game.values), Math.max(...game.values)];
    const margin = MARGIN * (high - low || 1);
    [this.#low, this.#high] = [low - margin, high + margin];
    this.#stairs = [-1, ...game.players.keys()].map(() => this.#stair());
    // What it shows is said in the sentence above it, and in the table below.
    this.element = h(
      "div",
      { class: "xai-stairs", "aria-hidden": true },
      ...this.#stairs.map(({ element }) => element),
    );
  }

  show({ order, step }: Place): void {
    const steps = entries(this.game, order);
    const start = this.game.values[0] ?? 0;
    this.#stairs.forEach((stair, number) => {
      if (number === 0) this.#draw(stair, "nobody", { player: -1, before: start, after: start, brought: 0 }, true);
      else {
        const entry = steps[number - 1];
        if (entry !== undefined) this.#draw(stair, this.game.players[entry.player] ?? "", entry, number <= step);
      }
      stair.element.classList.toggle("xai-nobody", number === 0);
      stair.element.classList.toggle("xai-now", number === step);
    });
  }

  #stair(): Stair {
    const [block, level, brought, name] = [
      h("i", { class: "xai-block" }),
      h("span"),
      h("b"),
      h("span", { class: "xai-stair-name" }),
    ];
    const room = h("div", {}, block, level, brought);
    return { element: h("div", { class: "xai-stair" }, room, name), block, level, brought, name };
  }

  #draw({ element, block, level, brought, name }: Stair, who: string, entry: Entry, isIn: boolean): void {
    const [bottom, top] = [Math.min(entry.before, entry.after), Math.max(entry.before, entry.after)];
    element.classList.toggle("xai-waiting", !isIn);
    element.classList.toggle("xai-falls", entry.brought < 0);
    block.style.bottom = this.#height(bottom);
    block.style.height = `calc(${this.#height(top)} - ${this.#height(bottom)})`;
    // The level stands on the far side of the block, what it brings on the near one, so that the two never meet.
    level.style.bottom = this.#height(entry.after);
    brought.style.bottom = this.#height(entry.before);
    write(level, isIn ? amount(this.game, entry.after) : "");
    write(brought, isIn && entry.player >= 0 ? change(this.game, entry.brought) : "");
    write(name, who);
    name.title = who;
  }

  #height(value: number): string {
    return `${((100 * (value - this.#low)) / (this.#high - this.#low)).toFixed(2)}%`;
  }
}
