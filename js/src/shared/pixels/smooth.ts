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

/** Each row smoothed along itself, and laid down as a column: done twice, all is smoothed both ways and as it lay. */
function smoothedAcross({ values, width, height }: Plane, weights: Float64Array): Plane {
  const radius = (weights.length - 1) / 2;
  const smoothed = new Float32Array(values.length);
  const mirrored = Int32Array.from({ length: width + 2 * radius }, (_, i) => reflect(i - radius, width));
  const row = new Float64Array(width + 2 * radius);
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < row.length; i++) row[i] = values[y * width + mirrored[i]!]!;
    for (let x = 0; x < width; x++) {
      let sum = weights[radius]! * row[x + radius]!;
      for (let k = 0; k < radius; k++) sum += weights[k]! * (row[x + k]! + row[x + 2 * radius - k]!);
      smoothed[x * height + y] = sum;
    }
  }
  return { values: smoothed, width: height, height: width };
}

/** The plane smoothed by a Gaussian of `sigma` pixels; zero leaves it as it is. */
export function smooth(plane: Plane, sigma: number): Plane {
  if (!(sigma > 0)) return plane;
  const weights = kernel(sigma);
  return smoothedAcross(smoothedAcross(plane, weights), weights);
}
