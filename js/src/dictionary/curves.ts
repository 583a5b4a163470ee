import { h, write } from "../shared/dom";
import { Plot } from "../shared/plot";
import type { Fit, OptionEntry } from "../shared/protocol";
import { positions, type Scale, toPosition, toValue } from "../shared/scale";
import { number, percent, score } from "../shared/words";
import type { DictionaryScene } from "./scene";

/** What is drawn of a dictionary: how much of it there is, and the words for it. */
interface Measure {
  readonly kind: string;
  of(fit: Fit): number | null;
  words(fit: Fit, features: number): string;
}

const MEASURES: readonly Measure[] = [
  {
    kind: "xai-method-0",
    of: ({ unexplained }) => unexplained,
    words: ({ unexplained }) => `${percent(unexplained)} unexplained`,
  },
  { kind: "xai-method-1", of: ({ active }) => active, words: ({ active }) => `${number(active)} active at once` },
  {
    kind: "xai-method-2",
    of: ({ dead }) => dead,
    words: ({ dead }, features) => `${dead} of ${features} dead`,
  },
  {
    kind: "xai-method-3",
    of: ({ found }) => found,
    words: ({ found }) => (found === null ? "" : `true directions: cosine ${score(found)}`),
  },
];

/** How the slider of an option runs. */
export function scaleOf({ slider, step, scale, kind }: OptionEntry): Scale {
  const [low, high] = slider ?? [0, 1];
  return { low, high, step: step ?? 1, doublings: scale === "doublings", whole: kind === "integer" };
}

/** Where along its slider a value is, from 0 to 1. */
export function share(scale: Scale, value: number): number {
  const { min, max } = positions(scale);
  return max > min ? (toPosition(scale, value) - min) / (max - min) : 0;
}

/** How good dictionaries are, over the option along which they differ; below, along the same scale, is its slider. */
export function curves({ store, signal }: DictionaryScene, pinned: HTMLElement): HTMLElement {
  const dragged = {
    hold: (held: boolean) => store.hold(store.along.name, held),
    move: (x: number) => {
      const scale = scaleOf(store.along);
      const { min, max, step } = positions(scale);
      const stop = min + step * Math.round((x * (max - min)) / step);
      store.moveOption(store.along.name, toValue(scale, Math.min(stop, max)));
    },
    settle: () => store.settle(),
  };
  const title = h("h3");
  const plots = MEASURES.map(() => new Plot(dragged, signal));
  const show = (): void => {
    const { frame } = store.seen;
    const option = store.along;
    const scale = scaleOf(option);
    const at = share(scale, Number(store.question.options[option.name]));
    write(title, `Over ${option.label.toLowerCase()}`);
    title.title = option.sentence;
    MEASURES.forEach(({ kind, of, words }, place) => {
      const plot = plots[place] as Plot;
      plot.element.hidden = frame === undefined ? place === MEASURES.length - 1 : of(frame.fit) === null;
      if (frame === undefined || plot.element.hidden) return;
      // What lies beyond the ends of the slider would lie on top of what is there.
      const known = frame.curve.filter((fit) => fit.at >= scale.low && fit.at <= scale.high);
      const x = known.map((fit) => share(scale, fit.at));
      const dot = { x: share(scale, frame.fit.at), y: of(frame.fit) ?? Number.NaN };
      const line = { kind, x, y: known.map((fit) => of(fit) ?? Number.NaN), dot };
      plot.show(words(frame.fit, frame.features), [line], at);
    });
  };
  store.signals.follow(["question", "frames", "offer"], show, signal);
  return h(
    "section",
    { class: "xai-dictionary-curves", "aria-label": "How good the dictionary is" },
    title,
    ...plots.map(({ element }) => element),
    pinned,
  );
}
