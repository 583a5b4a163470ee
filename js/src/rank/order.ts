/** Which of two values is the better one. */
export type Better = "higher" | "lower";

/** The numbers of those values that are known, the worst first; equals stay in their order. */
export function fromWorst(values: readonly number[], better: Better): number[] {
  const sign = better === "higher" ? 1 : -1;
  const known = values.map((_, place) => place).filter((place) => Number.isFinite(values[place]));
  return known.sort((one, other) => sign * ((values[one] as number) - (values[other] as number)) || one - other);
}

/** Where each row stands in a column, 0 on top: by its rank, equals below each other, and at the end what has none. */
export function slots(ranks: readonly (number | null)[]): number[] {
  const rank = (row: number): number => ranks[row] ?? Number.MAX_VALUE;
  const sorted = ranks.map((_, row) => row).sort((one, other) => rank(one) - rank(other) || one - other);
  return ranks.map((_, row) => sorted.indexOf(row));
}

/** A place in the order of pictures in words: "worst of 24", "2nd worst", "best". */
export function placeWords(place: number, count: number): string {
  if (count < 2) return "the first picture";
  if (place === 0) return `worst of ${count}`;
  if (place === count - 1) return `best of ${count}`;
  const fromBest = count - 1 - place;
  return place <= fromBest ? `${ordinal(place + 1)} worst of ${count}` : `${ordinal(fromBest + 1)} best of ${count}`;
}

function ordinal(number: number): string {
  const teens = number % 100 > 10 && number % 100 < 14;
  return `${number}${(!teens && ["th", "st", "nd", "rd"][number % 10]) || "th"}`;
}
