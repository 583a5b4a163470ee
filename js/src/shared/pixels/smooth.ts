import type { Plane } from "./plane";

/** The weights of a Gaussian of `sigma` pixels, cut off at three sigma; they sum to one. */
function kernel(sigma: number): Float64Array {
  const radius = Math.ceil(3 * sigma);
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-0.5 * ((i - radius) / sigma) ** 2));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** The index that `i` shows in a row of `n` whose borders are mirrors: 1 0 | 0 1 2 | 2 1. */
function reflect(i: number, n: number): number {
  const inPeriod = ((i % (2 * n)) + 2 * n) % (2 * n);
  return inPeriod < n ? inPeriod : 2 * n - 1 - inPeriod;
}

/** Filters `lines` rows of `length` values; a value is `step` from its neighbour, a row `stride` from the next. */
function filter(
  source: ArrayLike<number>,
  target: Float32Array | Float64Array,
  weights: Float64Array,
  [length, step]: [number, number],
  [lines, stride]: [number, number],
): void {
  const radius = (weights.length - 1) / 2;
  const padded = Int32Array.from({ length: length + 2 * radius }, (_, i) => reflect(i - radius, length) * step);
  for (let line = 0; line < lines; line++) {
    const start = line * stride;
    for (let i = 0; i < length; i++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * source[start + padded[i + k]!]!;
      target[start + i * step] = sum;
    }
  }
}

/** The plane smoothed by a Gaussian of `sigma` pixels; zero leaves it as it is. */
export function smooth(plane: Plane, sigma: number): Plane {
  if (!(sigma > 0)) return plane;
  const { width, height } = plane;
  const weights = kernel(sigma);
  const between = new Float64Array(width * height);
  const values = new Float32Array(width * height);
  filter(plane.values, between, weights, [height, width], [width, 1]);
  filter(between, values, weights, [width, 1], [height, width]);
  return { values, width, height };
}
