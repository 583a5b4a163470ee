const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Ten to a power, as one writes it: 10⁻⁵. */
function tenTo(power: number): string {
  const digits = String(Math.abs(power)).replace(/\d/g, (digit) => RAISED[Number(digit)] ?? "");
  return `10${power < 0 ? "⁻" : ""}${digits}`;
}

/** A number for people: two significant digits, a true minus sign, powers of ten where it is very large or small. */
export function number(value: number, digits = 2): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "unknown" : value > 0 ? "infinite" : "−infinite";
  const size = Math.abs(value);
  let text: string;
  if (size === 0) text = "0";
  else if (size < 1e-4 || size >= 1e5) {
    const [mantissa = "", exponent = "0"] = size.toExponential(digits - 1).split("e");
    const power = tenTo(Number(exponent));
    text = Number(mantissa) === 1 ? power : `${Number(mantissa)} × ${power}`;
  } else text = String(size >= 10 ** digits ? Math.round(size) : Number(size.toPrecision(digits)));
  return value < 0 ? `−${text}` : text;
}

/** A fraction as a percentage: 0.0083 is "0.8 %". */
export function percent(fraction: number): string {
  const value = 100 * fraction;
  if (value !== 0 && Math.abs(value) < 0.001) return "< 0.001 %";
  if (Math.abs(value) < 0.1) return `${number(value, 1)} %`;
  return `${number(Math.abs(value) < 10 ? Number(value.toFixed(1)) : Math.round(value), 6)} %`;
}

/** A probability as one says it: "93 %", "0.4 %", "< 0.1 %"; what is not quite all is not called all. */
export function chance(probability: number): string {
  const value = 100 * probability;
  if (value > 0 && value < 0.1) return "< 0.1 %";
  if (value > 99 && value < 99.95) return "> 99 %";
  return `${value < 10 ? Number(value.toFixed(1)) : Math.round(value)} %`;
}

/** A probability or a score with two decimals. */
export function score(value: number): string {
  if (Math.abs(value) >= 1000) return number(value, 3);
  return value.toFixed(2).replace("-", "−");
}

/** So many letters of a name's beginning stay where its middle is cut out. */
const HEAD = 8;

/** A name of at most so many letters: what tells a layer from the others stands at its end. */
export function cut(name: string, most: number): string {
  return name.length <= most ? name : `${name.slice(0, HEAD)}…${name.slice(HEAD + 1 - most)}`;
}

/** "1 pass", "65 passes". */
export function count(value: number, singular: string, plural: string): string {
  return `${value} ${value === 1 ? singular : plural}`;
}

/** How far the maps of several models are apart, in one sentence. */
export function difference({ largest, relative }: { largest: number; relative: number | null }): string {
  if (largest === 0) return "maps are equal";
  return `maps differ by at most ${number(largest, 1)}${relative === null ? "" : ` (${percent(relative)} of the largest value)`}`;
}

/** Maps whose difference is a smaller part of their largest value are called the same. */
const SAME = 1e-3;

/** The same for a listener: whether the models say the same. */
export function apartWords({ largest, relative }: { largest: number; relative: number | null }): string {
  if (largest === 0) return "maps are equal";
  if (relative === null || relative >= SAME) return "maps differ";
  return `maps agree to ${percent(relative)}`;
}
