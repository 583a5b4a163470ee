import type { Handlers } from "../shared/controls/control";
import { resets } from "../shared/controls/reset";
import { type SliderWords, slider } from "../shared/controls/slider";
import { h, style, write } from "../shared/dom";
import { positions, type Scale, toPosition } from "../shared/scale";
import { renewals } from "../shared/signals";
import { number } from "../shared/words";
import type { AttackScene } from "./scene";
import type { AttackStore } from "./store";

/** Numbers below the slider are at least this share of its length apart. */
const APART = 0.07;

function scaleOf(store: AttackStore): Scale {
  const { norms, power } = store.catalogue;
  const reach = norms[store.question.norm]?.reach ?? 1;
  return { low: 0, high: reach, step: reach / 100, doublings: false, whole: false, power };
}

/** Where on the slider a value is, from 0 to 1. */
export function place(scale: Scale, value: number): number {
  const { min, max } = positions(scale);
  return (toPosition(scale, value) - min) / (max - min);
}

/** Round values along the slider, the end first, then as many as there is room for. */
export function ticks(scale: Scale): number[] {
  const chosen = [scale.high, 0];
  for (let power = Math.ceil(Math.log10(scale.high)); power > -6; power--) {
    for (const digit of [5, 2, 1]) {
      const value = Number((digit * 10 ** power).toPrecision(1));
      if (chosen.every((other) => Math.abs(place(scale, other) - place(scale, value)) >= APART)) chosen.push(value);
    }
  }
  return chosen.filter((value) => value <= scale.high).sort((a, b) => a - b);
}

/** What is known along the slider of one model: up to where nothing can change its answer, from where something does. */
export function zoneWords(radius: number | null, flips: number | null): string {
  const parts = [];
  if (radius !== null) parts.push(`certified to ${number(radius, 3)}`);
  if (flips !== null) parts.push(flips === 0 ? "flipped already" : `flips from ${number(flips, 3)}`);
  return parts.join(", ");
}

/** One line under the slider. */
class Zone {
  readonly #safe = h("span", { class: "xai-safe", hidden: true });
  readonly #open = h("span", { class: "xai-flips", hidden: true });
  readonly #words = h("span", { class: "xai-zone-words" });
  readonly elements: HTMLElement[];

  constructor(name: string) {
    this.elements = [
      h("span", { class: "xai-zone-name" }, name),
      h("span", { class: "xai-zone", "aria-hidden": true }, this.#safe, this.#open),
      this.#words,
    ];
  }

  show(scale: Scale, radius: number | null, flips: number | null): void {
    this.#safe.hidden = radius === null || radius === 0;
    this.#safe.style.width = `${(100 * place(scale, radius ?? 0)).toFixed(2)}%`;
    this.#open.hidden = flips === null || flips >= scale.high;
    this.#open.style.left = `${(100 * place(scale, flips ?? 0)).toFixed(2)}%`;
    write(this.#words, zoneWords(radius, flips));
  }
}

/** The slider of epsilon, and under it for each model what is certified and what is known to flip. */
export function epsilon({ store, signal }: AttackScene): HTMLElement {
  const zones = store.catalogue.models.map((name) => new Zone(name));
  const marks = h("span", { class: "xai-ticks", "aria-hidden": true });
  const track = h("div", { class: "xai-epsilon-track" });
  const section = h(
    "section",
    { class: "xai-epsilon", "aria-label": "Size of the change" },
    track,
    h("span"),
    marks,
    h("span"),
    ...zones.flatMap(({ elements }) => elements),
  );
  let built: string | undefined;
  const renewed = renewals(signal);
  let control: ReturnType<typeof slider> | undefined;

  const build = (): void => {
    const { norm } = store.question;
    if (built === norm) return;
    built = norm;
    const own = renewed();
    const scale = scaleOf(store);
    const text = (value: number): string => number(value, 3);
    const words: SliderWords = {
      label: "Epsilon",
      sentence: "How far from the picture the attack may go, in the units of the picture.",
      text,
      spoken: (value) => `${text(value)}, ${norm === "l2" ? "length" : "largest change"}`,
    };
    const hadFocus = track.contains(document.activeElement);
    const handlers: Handlers = {
      hold: (held) => store.hold("epsilon", held),
      move: (value) => store.move({ epsilon: Number(value) }),
      settle: () => store.settle(),
    };
    control = slider(scale, words, handlers, own);
    resets(control.element, handlers, () => store.catalogue.norms[norm]?.first, own);
    track.replaceChildren(control.element);
    if (hadFocus) control.element.querySelector("input")?.focus();
    marks.replaceChildren(
      ...ticks(scale).map((value) => {
        const mark = h("span", {}, number(value, 3));
        mark.style.left = `${(100 * place(scale, value)).toFixed(2)}%`;
        return mark;
      }),
    );
  };
  const show = (): void => {
    build();
    const scale = scaleOf(store);
    control?.show(store.question.epsilon);
    style(section, { "--xai-at": place(scale, store.question.epsilon) });
    store.views.forEach(({ frame, header }, view) => {
      const own = header?.state.norm === store.question.norm && header.state.index === store.question.index;
      zones[view]?.show(scale, own ? header.radius : null, own ? (frame?.flips ?? null) : null);
    });
  };
  store.signals.follow(["question", "frames"], show, signal);
  return section;
}
