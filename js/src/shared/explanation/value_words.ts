import type { Ends } from "../protocol";
import { number } from "../words";

/** A value in words: what it speaks for, and how much. */
export function valueWords(value: number, [lower, upper]: Ends): string {
  const end = value < 0 ? lower || upper : upper;
  return value === 0 ? "0" : `${end} ${number(value, 3)}`;
}
