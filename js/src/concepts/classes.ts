import { h, percentage, style, write } from "../shared/dom";
import { shortNames } from "../shared/explanation/classes_shown";
import { chance, score } from "../shared/words";
import type { ConceptScene } from "./scene";
import { type EffectFrame, said } from "./seen";
import type { ConceptStore } from "./store";

/** So many classes are shown. */
const SHOWN = 4;

/** The classes whose bars are shown, the same of every model and at every stop: those that are largest anywhere. */
export function classesAlong(frames: readonly EffectFrame[], target: number, classes: number, stops: number): number[] {
  const most = new Array<number>(classes).fill(Number.NEGATIVE_INFINITY);
  for (const frame of frames) {
    for (let stop = 0; stop < stops; stop++) {
      said(frame, stop, classes).forEach((value, index) => {
        most[index] = Math.max(most[index] ?? value, value);
      });
    }
  }
  const order = most.map((_, index) => index).sort((a, b) => (most[b] ?? 0) - (most[a] ?? 0) || a - b);
  return [target, ...order.filter((index) => index !== target).slice(0, SHOWN - 1)];
}

/** What one model says of the picture that is steered, with a mark where each bar ends without steering. */
class Bars {
  readonly element: HTMLElement;
  readonly #list = h("ul", { class: "xai-bars", "aria-label": "Classes" });
  readonly #names: readonly string[];
  #shown: readonly number[] = [];

  constructor(
    name: string,
    private readonly store: ConceptStore,
  ) {
    this.#names = shortNames(store.catalogue.classes);
    const title = name === "" ? [] : [h("b", {}, name)];
    this.element = h("div", { class: "xai-steered" }, ...title, this.#list);
  }

  show(frame: EffectFrame | undefined, shown: readonly number[]): void {
    this.element.hidden = frame === undefined || frame.along.length === 0;
    if (frame === undefined || this.element.hidden) return;
    const { classes, stops } = this.store.catalogue;
    if (shown.join() !== this.#shown.join()) this.#build(shown);
    const now = said(frame, this.store.stopInView, classes.length);
    const before = said(frame, (stops - 1) / 2, classes.length);
    const most = frame.chances ? 1 : Math.max(...[...now, ...before].map(Math.abs)) || 1;
    shown.forEach((index, place) => {
      const [, track, value] = (this.#list.children[place]?.children ?? []) as unknown as HTMLElement[];
      const amount = now[index] ?? 0;
      const [bar, was] = (track?.children ?? []) as unknown as HTMLElement[];
      style(bar?.firstElementChild as HTMLElement, { width: percentage(Math.abs(amount) / most) });
      style(was as HTMLElement, { left: percentage(Math.abs(before[index] ?? 0) / most) });
      write(value as HTMLElement, frame.chances ? chance(amount) : score(amount));
    });
  }

  #build(shown: readonly number[]): void {
    this.#shown = shown;
    const { target } = this.store.question;
    this.#list.replaceChildren(
      ...shown.map((index) => {
        const name = this.#names[index] ?? "";
        const track = h("span", { class: "xai-track", "aria-hidden": true });
        track.append(h("span", { class: "xai-bar" }, h("span")), h("i", { class: "xai-was" }));
        return h(
          "li",
          { class: index === target ? "xai-explained" : undefined },
          h("span", { class: "xai-bar-name", title: name }, name),
          track,
          h("span", { class: "xai-bar-value" }),
        );
      }),
    );
  }
}

/** What all models say of the picture that is steered. */
export function classes({ store, signal }: ConceptScene): HTMLElement {
  const { models, classes: names, stops } = store.catalogue;
  const bars = models.map((name) => new Bars(name, store));
  const show = (): void => {
    const frames = store.frames.filter((frame) => frame !== undefined && frame.along.length > 0) as EffectFrame[];
    const shown = classesAlong(frames, store.question.target, names.length, stops);
    bars.forEach((one, view) => {
      one.show(store.frames[view], shown);
    });
  };
  store.signals.follow(["question", "frames"], show, signal);
  return h("div", { class: "xai-steered-all" }, ...bars.map(({ element }) => element));
}
