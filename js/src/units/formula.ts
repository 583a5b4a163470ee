/** Concepts, each with what joins it to those before it; nothing joins the first, which may be negated. */
export type Formula = readonly (readonly [string, string])[];

/** What can stand before the first concept, and what can join another one to those before it. */
export const FIRST = ["", "not"] as const;
export const JOINS = ["or", "and", "and not", "or not"] as const;

/** How the places of all pictures fall into atoms: places at which the same concepts are. */
export interface Atoms {
  /** The concepts of each atom, by number. */
  readonly atoms: readonly (readonly number[])[];
  /** How many places each has. */
  readonly pixels: readonly number[];
  /** At how many of them the unit is on. */
  readonly hits: readonly number[];
}

/** How well what a formula holds fits where a unit is on. */
export interface Fit {
  readonly iou: number;
  /** What it could be at most, where so many places are held and the unit is on at so many. */
  readonly ceiling: number;
  /** The share of all places that it holds. */
  readonly share: number;
}

/** Which atoms a formula holds, taken from left to right. */
export function held(formula: Formula, concepts: readonly string[], { atoms }: Atoms): boolean[] {
  return atoms.map((has) =>
    formula.reduce((inside, [join, concept]) => {
      const here = has.includes(concepts.indexOf(concept)) !== join.endsWith("not");
      if (join.startsWith("or")) return inside || here;
      return join.startsWith("and") ? inside && here : here;
    }, false),
  );
}

function sum(values: readonly number[], inside?: readonly boolean[]): number {
  return values.reduce((total, value, place) => (inside === undefined || inside[place] ? total + value : total), 0);
}

/** The intersection over union of what atoms hold and where the unit is on, over all pictures. */
export function fitOf(inside: readonly boolean[], { pixels, hits }: Atoms): Fit {
  const [all, on] = [sum(pixels), sum(hits)];
  const [area, both] = [sum(pixels, inside), sum(hits, inside)];
  const larger = Math.max(area, on);
  return {
    iou: both / (area + on - both || 1),
    ceiling: Math.min(area, on) / (larger || 1),
    share: area / (all || 1),
  };
}

/** A formula as one says it: "centre or white". */
export function formulaWords(formula: Formula): string {
  return formula.map(([join, concept]) => (join ? `${join} ${concept}` : concept)).join(" ");
}
