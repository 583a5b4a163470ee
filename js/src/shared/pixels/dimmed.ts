import type { Photo } from "./photo";

/** What is left of the brightness where something is not. */
const DIMMED = 0.28;

/** A picture that is dark where something is not, and the brighter the more of it there is, from 0 to 1. */
export function dimmed({ rgba, width, height }: Photo, there: ArrayLike<number>): Uint8ClampedArray<ArrayBuffer> {
  const found = new Uint8ClampedArray(rgba);
  for (let place = 0; place < width * height; place++) {
    const left = DIMMED + (1 - DIMMED) * (there[place] ?? 0);
    for (let color = 0; color < 3; color++) found[4 * place + color] = (found[4 * place + color] ?? 0) * left;
  }
  return found;
}
