import type { WithMaps } from "../shared/explanation/newest";
import type { PrototypeMessage } from "../shared/protocol";

/** What is known of a picture: similarities, weights, and where the patches are. */
export type PrototypeFrame = WithMaps<PrototypeMessage>;

/** Where an item of the bill takes the running sum. */
export interface Item {
  readonly points: number;
  readonly from: number;
  readonly to: number;
}

/** The bill of a class: the items in view, all others, the bias, and what they sum to. */
export interface Bill {
  readonly items: readonly (Item & { readonly weight: number })[];
  readonly others: Item;
  readonly bias: Item;
  readonly total: number;
}

/** What one prototype brings to a class that has this place among those that are told. */
function weightOf({ maps, shape }: PrototypeFrame, place: number, unit: number): number {
  return maps[place * (shape[1] ?? 0) + unit] ?? 0;
}

/** The bill of a class without the prototypes that are struck out, which bring nothing. */
export function billOf(frame: PrototypeFrame, index: number, without: readonly number[]): Bill {
  const place = frame.classes.indexOf(index);
  let sum = 0;
  const item = (points: number): Item => {
    const from = sum;
    sum += points;
    return { points, from, to: sum };
  };
  const brings = (unit: number): number =>
    without.includes(unit) ? 0 : (frame.similarities[unit] ?? 0) * weightOf(frame, place, unit);
  const shown = frame.rows.map(({ unit }) => unit);
  const items = shown.map((unit) => ({ ...item(brings(unit)), weight: weightOf(frame, place, unit) }));
  const rest = frame.similarities.reduce((all, _, unit) => (shown.includes(unit) ? all : all + brings(unit)), 0);
  const others = item(rest);
  const bias = item(frame.bias[place] ?? 0);
  return { items, others, bias, total: sum };
}

/** The scores of all classes that are told, added up in the page. */
export function totals(frame: PrototypeFrame, without: readonly number[]): number[] {
  return frame.classes.map((index) => billOf(frame, index, without).total);
}

/** Probabilities of scores. */
export function probabilities(scores: readonly number[]): number[] {
  const most = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - most));
  const sum = powers.reduce((all, power) => all + power, 0);
  return powers.map((power) => power / sum);
}

/** The least and the largest that any running sum comes to: the ends of the scale of all bars. */
export function span(bills: readonly Bill[]): [number, number] {
  const ends = bills.flatMap(({ items, others, bias }) =>
    [...items, others, bias].flatMap(({ from, to }) => [from, to]),
  );
  return [Math.min(0, ...ends), Math.max(0, ...ends)];
}

/** Points as one reads them on a bill: with their sign. */
export function signed(points: number): string {
  const words = Math.abs(points) >= 100 ? Math.abs(points).toFixed(0) : Math.abs(points).toFixed(2);
  if (Number(words) === 0) return "0";
  return `${points < 0 ? "−" : "+"}${words}`;
}
