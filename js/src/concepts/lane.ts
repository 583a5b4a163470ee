import { attribute, h, percentage, style, svg, write } from "../shared/dom";
import type { EffectRow } from "../shared/protocol";
import { chance, number, percent, score } from "../shared/words";

/** How wide and high the drawing is counted; it is stretched to the room there is. */
const [WIDE, HIGH] = [1000, 100];
/** The golden ratio spreads the dots of a cloud: neighbours in time are far apart in height. */
const GOLDEN = 0.618034;
/** The cloud takes this share of the height. */
const SPREAD = 0.7;

/** From this share of random splits on, with signs as clear, these say nothing. */
const NOTHING = 0.1;

/** A number with its sign. */
export function signed(value: number, digits = 3): string {
  return `${value > 0 ? "+" : ""}${number(value, digits)}`;
}

/** An effect with its error, to the place up to which it is known. */
export function effectValue({ effect, error }: Pick<EffectRow, "effect" | "error">): string {
  if (error === null || error <= 0) return signed(effect);
  const places = Math.max(0, 1 - Math.floor(Math.log10(error)));
  const size = Math.abs(effect).toFixed(Math.min(places, 6));
  const sign = Number(size) === 0 ? "" : effect > 0 ? "+" : "−";
  return `${sign}${size} ± ${number(error, 2)}`;
}

/** What a concept does in one model, in words. */
export function effectWords(row: EffectRow, measured: string): string {
  const { changed, share } = row;
  const really = changed === null ? "" : `, really ${signed(changed)}`;
  return `${effectValue(row)} ${measured}${really}, p ${number(share, 2)}`;
}

/** The effect of one concept in one model, over the cloud of random splits, and a cross at what really changes. */
export class Lane {
  readonly #cloud = svg("path", { class: "xai-cloud" });
  readonly #error = svg("path", { class: "xai-effect-error" });
  readonly #drawing = svg(
    "svg",
    { viewBox: `0 0 ${WIDE} ${HIGH}`, preserveAspectRatio: "none", "aria-hidden": true },
    this.#cloud,
    this.#error,
  );
  readonly #zero = h("i", { class: "xai-lane-zero" });
  readonly #cross = h("i", { class: "xai-really", hidden: true }, "×");
  readonly #dot = h("i", { class: "xai-effect-dot", hidden: true });
  readonly #value = h("b");
  readonly #chance = h("span");
  readonly #signs = h("span", { class: "xai-quiet" });
  readonly track: HTMLElement;
  readonly figures = h("span", { class: "xai-lane-figures" }, this.#value, this.#chance, this.#signs);

  constructor(
    readonly name: HTMLElement,
    tone: string,
  ) {
    const parts = [this.#zero, this.#drawing, this.#dot, this.#cross];
    this.track = h("span", { class: `xai-lane ${tone}`, role: "img" }, ...parts);
  }

  show(
    row: EffectRow | null | undefined,
    random: ArrayLike<number>,
    scale: readonly [number, number],
    measured: string,
  ): void {
    const [low, high] = scale;
    const share = (value: number): number => (value - low) / (high - low);
    style(this.#zero, { left: percentage(share(0)) });
    const known = row != null;
    for (const part of [this.#dot, this.figures]) part.hidden = !known;
    this.#cross.hidden = row?.changed == null;
    if (!known) {
      attribute(this.#cloud, "d", "");
      attribute(this.#error, "d", "");
      return;
    }
    const { effect, error, changed, signs, alike } = row;
    const dots = Array.from(random, (value, place) => {
      const y = HIGH * (0.5 + SPREAD * (((place * GOLDEN) % 1) - 0.5));
      return `M${(WIDE * share(value)).toFixed(1)} ${y.toFixed(1)}h0`;
    });
    attribute(this.#cloud, "d", dots.join(""));
    const from = WIDE * share(effect - (error ?? 0));
    attribute(this.#error, "d", `M${from.toFixed(1)} ${HIGH / 2}H${(WIDE * share(effect + (error ?? 0))).toFixed(1)}`);
    style(this.#dot, { left: percentage(share(effect)) });
    style(this.#cross, { left: percentage(share(changed ?? 0)) });
    write(this.#value, effectValue(row));
    write(this.#chance, `p ${number(row.share, 2)}`);
    write(this.#signs, `signs ${score(signs)}, as ${percent(alike)} of splits`);
    this.#signs.title = `At ${chance(signs)} of the pictures the effect is positive. Of random splits ${chance(alike)} have signs as clear${alike >= NOTHING ? ": they say nothing" : ""}.`;
    attribute(this.track, "aria-label", effectWords(row, measured));
  }
}
