import { attribute, button, h, style } from "../dom";
import { renewals } from "../signals";

/** So many units stand with their numbers; those of more are told on demand. */
const MOST_NUMBERED = 100;

/** What is said of a unit. */
export interface Told {
  readonly words: string;
  readonly pressed: boolean;
  /** How dark it is, from 0 to 1. */
  readonly fits?: number;
  readonly out?: boolean;
}

/** All units of a layer, a cell each. */
export class UnitCells {
  readonly element: HTMLElement;
  readonly #renewed: () => AbortSignal;
  #built: HTMLButtonElement[] = [];

  constructor(
    label: string,
    private readonly open: (unit: number) => void,
    signal: AbortSignal,
  ) {
    this.element = h("div", { class: "xai-unit-cells", role: "group", "aria-label": label });
    this.#renewed = renewals(signal);
  }

  show(count: number, told: (unit: number) => Told): void {
    if (count !== this.#built.length) this.#build(count);
    this.#built.forEach((cell, unit) => {
      const { words, pressed, fits = 0, out = false } = told(unit);
      cell.title = words;
      attribute(cell, "aria-label", words);
      attribute(cell, "aria-pressed", pressed);
      cell.classList.toggle("xai-unit-out", out);
      style(cell, { "--fits": fits.toFixed(2) });
    });
  }

  #build(count: number): void {
    const own = this.#renewed();
    this.#built = Array.from({ length: count }, (_, unit) =>
      button(String(unit), () => this.open(unit), own, { class: "xai-unit" }),
    );
    this.element.replaceChildren(...this.#built);
    style(this.element, { "--columns": Math.ceil(Math.sqrt(count)) });
    // Their numbers would have no room.
    this.element.classList.toggle("xai-many-units", count > MOST_NUMBERED);
  }
}
