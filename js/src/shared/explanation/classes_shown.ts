import type { Prediction } from "../protocol";

/** So many classes are always shown, and one more for each that was asked about. */
const BEST = 3;

/** What was said of a picture: the classes that a model thinks of first, and what was asked. */
interface Said {
  readonly predictions: readonly Prediction[];
  readonly explained: number | null;
  readonly state: { readonly target: number | null; readonly contrast: number | null };
}

export function amount(prediction: Prediction | undefined): number {
  return prediction?.probability ?? prediction?.value ?? 0;
}

/** The class that is explained. */
export function explainedClass({ state, explained, predictions }: Said): number | undefined {
  return state.target ?? explained ?? predictions[0]?.index;
}

/**
 * The classes whose bars are shown, the same of every model and in one order, so that they can be compared: those that
 * any model thinks of first, and those that are asked about. There are as many whatever the picture.
 */
export function classesShown(said: readonly Said[], classes: number): Prediction[] {
  const best = new Map<number, Prediction>();
  for (const { predictions } of said) {
    for (const prediction of predictions) {
      const known = best.get(prediction.index);
      if (known === undefined || amount(prediction) > amount(known)) best.set(prediction.index, prediction);
    }
  }
  const [first] = said;
  const asked = new Set(said.map(explainedClass));
  if (first?.state.contrast != null) asked.add(first.state.contrast);
  const extra = first === undefined ? 0 : Number(first.state.target !== null) + Number(first.state.contrast !== null);
  const order = [...best.values()].sort((a, b) => amount(b) - amount(a) || a.index - b.index);
  const chosen = order.filter(({ index }) => asked.has(index));
  const others = order.filter(({ index }) => !asked.has(index));
  const shown = [...chosen, ...others].slice(0, Math.min(classes, Math.max(BEST + extra, chosen.length)));
  return order.filter((prediction) => shown.includes(prediction));
}

/** What a model gives a class; of one that it does not think of first, that it is less than the least it told of. */
export function given(predictions: readonly Prediction[], index: number): { prediction: Prediction; below: boolean } {
  const known = predictions.find((prediction) => prediction.index === index);
  const least = predictions.reduce((low, other) => (amount(other) < amount(low) ? other : low), predictions[0] ?? NONE);
  return { prediction: known ?? { ...least, index }, below: known === undefined };
}

const NONE: Prediction = { index: -1, name: "", probability: 0 };

/** The first of several names of a class, where that is enough to tell it from the others: "tabby, tabby cat". */
export function shortNames(classes: readonly string[]): readonly string[] {
  const first = classes.map((name) => name.split(",", 1)[0] ?? name);
  const count = new Map<string, number>();
  for (const name of first) count.set(name, (count.get(name) ?? 0) + 1);
  return first.map((name, index) => (count.get(name) === 1 ? name : (classes[index] ?? name)));
}
