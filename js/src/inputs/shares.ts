import { h, percentage, write } from "../shared/dom";
import { tint } from "../shared/pixels/colormap";
import { number } from "../shared/words";
import type { Sheet } from "./scale";

/** From where to where each bar goes: each begins where the one before it ends, and the last is all of them together. */
export function stairs(shares: readonly number[]): { from: number; to: number }[] {
  let at = 0;
  const steps = shares.map((share) => {
    const from = at;
    at += share;
    return { from, to: at };
  });
  return [...steps, { from: 0, to: at }];
}

/** A number with its sign: "+3.1". */
export function signed(value: number): string {
  return `${value > 0 ? "+" : ""}${number(value)}`;
}

interface Row {
  readonly element: HTMLElement;
  readonly fill: HTMLElement;
  readonly value: HTMLElement;
}

function newRow(name: string, kind = ""): Row {
  const fill = h("span", { class: kind === "" ? "" : "xai-step-all" });
  const value = h("span", { class: "xai-step-value" });
  const track = h("span", { class: "xai-step-track", "aria-hidden": true }, fill);
  return {
    element: h("li", { class: kind }, h("span", { class: "xai-step-name", title: name }, name), track, value),
    fill,
    value,
  };
}

/** What each input adds to the quantity, one step behind the other, and their sum. */
export class Shares {
  readonly element: HTMLElement;
  readonly #rows: readonly Row[];
  readonly #list: HTMLElement;
  readonly #words = h("p", { class: "xai-quiet" });

  constructor(names: readonly string[]) {
    this.#rows = [...names.map((name) => newRow(name)), newRow("together", "xai-step-sum")];
    this.#list = h("ul", { class: "xai-steps-of-inputs", "aria-label": "What each input adds" });
    this.#list.append(...this.#rows.map(({ element }) => element));
    this.element = h("div", { class: "xai-shares" }, this.#words, this.#list);
  }

  show({ shares, sums, look }: Sheet, quantity: string): void {
    this.#list.hidden = shares === null;
    if (shares === null) {
      write(this.#words, "Values of this method are no contributions: those of different inputs do not add.");
      return;
    }
    const end = sums ? "" : " alone, which need not sum to anything";
    write(this.#words, `Why ${quantity}: what each input adds${end}`);
    const steps = stairs(shares);
    const low = Math.min(0, ...steps.map(({ to }) => to));
    const span = Math.max(0, ...steps.map(({ to }) => to)) - low || 1;
    const color = new Float64Array(3);
    const last = steps.length - 1;
    this.#rows.forEach(({ element, fill, value }, place) => {
      const { from, to } = steps[place] ?? { from: 0, to: 0 };
      // Each alone and not one after the other: their sum means nothing.
      element.hidden = place === last && !sums;
      const start = sums ? from : 0;
      const stop = sums ? to : to - from;
      tint(look.colormap, stop < start ? -1 : 1, "both", color);
      fill.style.left = percentage((Math.min(start, stop) - low) / span);
      fill.style.width = percentage(Math.abs(stop - start) / span);
      if (place < last) fill.style.background = `rgb(${Array.from(color, Math.round).join(" ")})`;
      element.style.setProperty("--zero", percentage(-low / span));
      write(value, place === last ? `= ${number(to)}` : signed(to - from));
    });
  }
}
