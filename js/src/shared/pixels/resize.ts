import { within } from "../within";
import type { Plane } from "./plane";

interface Tap {
  low: Int32Array;
  high: Int32Array;
  fraction: Float64Array;
}

/** Where the pixel centres of the longer row lie between those of the shorter one; the ends are repeated. */
function taps(from: number, to: number): Tap {
  const low = new Int32Array(to);
  const high = new Int32Array(to);
  const fraction = new Float64Array(to);
  for (let i = 0; i < to; i++) {
    const position = within(((i + 0.5) * from) / to - 0.5, 0, from - 1);
    const floor = Math.floor(position);
    low[i] = floor;
    high[i] = Math.min(floor + 1, from - 1);
    fraction[i] = position - floor;
  }
  return { low, high, fraction };
}

/** The plane on another grid, bilinearly between pixel centres. */
export function resize(plane: Plane, width: number, height: number): Plane {
  if (plane.width === width && plane.height === height) return plane;
  const columns = taps(plane.width, width);
  const rows = taps(plane.height, height);
  const source = plane.values;
  const values = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const top = rows.low[y]! * plane.width;
    const bottom = rows.high[y]! * plane.width;
    const down = rows.fraction[y]!;
    for (let x = 0; x < width; x++) {
      const left = columns.low[x]!;
      const right = columns.high[x]!;
      const along = columns.fraction[x]!;
      const above = source[top + left]! * (1 - along) + source[top + right]! * along;
      const below = source[bottom + left]! * (1 - along) + source[bottom + right]! * along;
      values[y * width + x] = above * (1 - down) + below * down;
    }
  }
  return { values, width, height };
}
