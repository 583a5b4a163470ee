import type { Photo } from "../shared/pixels/photo";
import type { EraserFrame } from "./erased";

type Order = Pick<EraserFrame, "order" | "places" | "parts">;

/** The nearest whole number, of two that are as near the even one: so NumPy rounds. */
export function rounded(value: number): number {
  const low = Math.floor(value);
  if (value - low !== 0.5) return Math.round(value);
  return low % 2 === 0 ? low : low + 1;
}

/** What tells of a part's number whether it is erased where a share of the parts is erased, or revealed. */
export function isErased(parts: number, share: number, way: "erase" | "reveal"): (number: number) => boolean {
  if (way === "erase") {
    const gone = rounded(share * parts);
    return (number) => number >= 0 && number < gone;
  }
  const first = parts - rounded((1 - share) * parts);
  return (number) => number >= first;
}

/** A picture of which a share is erased, or revealed, in an order, over what takes its place. */
export function left(below: Photo, fill: Photo, order: Order, share: number, way: "erase" | "reveal"): Photo["rgba"] {
  const rgba = new Uint8ClampedArray(below.rgba);
  const [height = 1, width = 1] = order.places;
  const gone = isErased(order.parts, share, way);
  const filling = new Uint32Array(fill.rgba.buffer);
  const pixels = new Uint32Array(rgba.buffer);
  for (let y = 0; y < below.height; y++) {
    const row = width * Math.floor((y * height) / below.height);
    for (let x = 0; x < below.width; x++) {
      const number = order.order[row + Math.floor((x * width) / below.width)] ?? -1;
      const pixel = y * below.width + x;
      if (gone(number)) pixels[pixel] = filling[pixel] ?? 0;
    }
  }
  return rgba;
}
