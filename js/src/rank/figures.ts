import { number } from "../shared/words";

/** So many significant digits of the largest value are enough. */
const MOST = 4;

/** How many decimals tell the values of a column apart: two at least, more where values are nearly equal. */
export function decimals(values: readonly (number | null | undefined)[]): number {
  const known = [...new Set(values.filter((value) => Number.isFinite(value)))] as number[];
  const largest = Math.max(0, ...known.map(Math.abs));
  const most = largest === 0 ? 2 : MOST - 1 - Math.floor(Math.log10(largest));
  let found = 2;
  while (found < most && new Set(known.map((value) => value.toFixed(found))).size < known.length) found++;
  return found;
}

/** A value of a column with its decimals, and a true minus sign. */
export function valueWords(value: number, places = 2): string {
  return Math.abs(value) >= 1000 ? number(value, 3) : value.toFixed(places).replace("-", "−");
}
