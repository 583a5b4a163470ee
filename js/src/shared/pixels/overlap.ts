import { mark } from "./stroke";

/** The radius of a spot, as a share of the shorter side of the picture. */
export const SPOT = 1 / 12;

/** Places of a picture, 1 where they are marked. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  readonly inside: Uint8Array;
}

/** How much of a map lies in a mark. */
export interface Overlap {
  /** The share of the picture that is marked: what the mark holds of a map by chance. */
  readonly area: number;
  /** The share of the map's magnitude that lies in it; null where the map is zero everywhere. */
  readonly evidence: number | null;
  /** Of the map's strongest places, as many as the mark has, the share that lies in it. */
  readonly hits: number | null;
}

/** What a spot covers; its middle is given as shares of the width and the height. */
export function disc({ x, y }: { x: number; y: number }, width: number, height: number): Mask {
  const inside = new Uint8Array(width * height);
  const middle = { x: x * width, y: y * height };
  mark(inside, width, height, middle, middle, SPOT * Math.min(width, height));
  return { width, height, inside };
}

/** Of each of some pixels in a row the places that it lies on, where there are fewer of these, and how much of each. */
function parts(pixels: number, places: number): [number, number][][] {
  return Array.from({ length: pixels }, (_, pixel) => {
    const start = (pixel * places) / pixels;
    const stop = ((pixel + 1) * places) / pixels;
    const found: [number, number][] = [];
    for (let place = Math.floor(start); place < Math.min(places, stop); place++) {
      found.push([place, Math.min(stop, place + 1) - Math.max(start, place)]);
    }
    return found;
  });
}

/** Which share of each place of a map is marked: maps of layers are coarser than the picture. */
function covered({ width, height, inside }: Mask, rows: number, columns: number): Float64Array {
  const share = new Float64Array(rows * columns);
  const across = parts(width, columns);
  parts(height, rows).forEach((down, y) => {
    across.forEach((along, x) => {
      if (inside[y * width + x] === 0) return;
      for (const [row, high] of down) for (const [column, wide] of along) share[row * columns + column]! += high * wide;
    });
  });
  return share;
}

/** Of the strongest places of a map, as many as a mark has, the share that lies in it. */
function among(size: Float32Array, share: Float64Array, area: number): number {
  const strongest = Math.max(1, Math.floor(area * size.length + 0.5));
  const least = size.slice().sort()[size.length - strongest] ?? 0;
  let [hits, above, level, alike] = [0, 0, 0, 0];
  size.forEach((value, place) => {
    const inside = share[place]!;
    if (value > least) {
      above += 1;
      hits += inside;
    } else if (value === least) {
      alike += 1;
      level += inside;
    }
  });
  // Of equally strong places only some are among the strongest: each counts with the mean of all of them.
  return (hits + ((strongest - above) * level) / alike) / strongest;
}

/** How much of a map lies in a mark; of positive values alone, where these are all that is shown. */
export function overlap(map: Float32Array, [rows, columns]: readonly number[], mask: Mask, sign: string): Overlap {
  const size = map.map(sign === "positive" ? (value) => Math.max(value, 0) : Math.abs);
  const share = covered(mask, rows ?? 0, columns ?? 0);
  const area = mask.inside.reduce((sum, one) => sum + one, 0) / (mask.inside.length || 1);
  let [total, held] = [0, 0];
  size.forEach((value, place) => {
    total += value;
    held += value * share[place]!;
  });
  return {
    area,
    evidence: total === 0 ? null : held / total,
    // Where it is asked for: the whole map is sorted for it.
    get hits() {
      return total === 0 ? null : among(size, share, area);
    },
  };
}

/** How many places in reading order are outside, then inside, and so on; none where nothing is marked. */
export function toRuns({ inside }: Mask): number[] {
  const runs: number[] = [];
  let [start, state] = [0, 0];
  for (let place = 0; place <= inside.length; place++) {
    if (inside[place] === state) continue;
    runs.push(place - start);
    [start, state] = [place, 1 - state];
  }
  return runs.length > 1 ? runs : [];
}
