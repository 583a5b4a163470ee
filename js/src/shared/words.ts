/** A number for people: two significant digits, a true minus sign, exponents as Python writes them. */
export function number(value: number, digits = 2): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "unknown" : value > 0 ? "infinite" : "−infinite";
  const size = Math.abs(value);
  let text: string;
  if (size === 0) text = "0";
  else if (size < 1e-4 || size >= 1e5) {
    const [mantissa = "", exponent = "0"] = size.toExponential(digits - 1).split("e");
    const power = Number(exponent);
    text = `${Number(mantissa)}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
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

/** A probability or a score with two decimals. */
export function score(value: number): string {
  if (Math.abs(value) >= 1000) return number(value, 3);
  return value.toFixed(2).replace("-", "−");
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
