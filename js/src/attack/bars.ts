import { h, percentage, write } from "../shared/dom";
import type { AttackMessage } from "../shared/protocol";
import { chance } from "../shared/words";

const SHOWN = 4;

/** The probabilities of a few classes, before above after. */
export class PairedBars {
  readonly element = h("ul", { class: "xai-pairs", "aria-label": "Probabilities before and after" });
  readonly #rows = Array.from({ length: SHOWN }, () => {
    const name = h("span", { class: "xai-bar-name" });
    const before = h("span");
    const after = h("span");
    const then = h("span", { class: "xai-then" });
    const now = h("span");
    const value = h("span", { class: "xai-bar-value" }, then, now);
    const bars = h(
      "span",
      { class: "xai-pair", "aria-hidden": true },
      h("span", { class: "xai-bar" }, before),
      h("span", { class: "xai-bar xai-after" }, after),
    );
    return { row: h("li", { hidden: true }, name, value, bars), name, before, after, value, then, now };
  });

  constructor() {
    this.element.append(...this.#rows.map(({ row }) => row));
  }

  show({ classes, prediction }: AttackMessage): void {
    this.#rows.forEach(({ row, name, before, after, value, then, now }, place) => {
      const entry = classes[place];
      row.hidden = entry === undefined;
      if (entry === undefined) return;
      write(name, entry.name);
      name.title = entry.name;
      write(then, `${chance(entry.before)} → `);
      write(now, chance(entry.after));
      value.title = value.textContent ?? "";
      before.style.width = percentage(entry.before);
      after.style.width = percentage(entry.after);
      row.classList.toggle("xai-answer", entry.name === prediction);
    });
  }
}
