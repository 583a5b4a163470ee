import { within } from "../within";
/** A place on a picture in pixels; the first pixel goes from 0 to 1. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/**
 * Marks what a round brush covers on its straight way from one place to another: each pixel whose middle is within the
 * radius of the way, and the pixels at its ends, so that the thinnest brush leaves a line without gaps.
 */
export function mark(mask: Uint8Array, width: number, height: number, from: Place, to: Place, radius: number): void {
  const reach = Math.max(radius, 0.5);
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const length = dx * dx + dy * dy;
  const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - reach));
  const bottom = Math.min(height - 1, Math.ceil(Math.max(from.y, to.y) + reach));
  const left = Math.max(0, Math.floor(Math.min(from.x, to.x) - reach));
  const right = Math.min(width - 1, Math.ceil(Math.max(from.x, to.x) + reach));
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const x = column + 0.5 - from.x;
      const y = row + 0.5 - from.y;
      const along = length === 0 ? 0 : Math.min(Math.max((x * dx + y * dy) / length, 0), 1);
      if ((x - along * dx) ** 2 + (y - along * dy) ** 2 <= reach * reach) mask[row * width + column] = 1;
    }
  }
  for (const { x, y } of [from, to]) {
    if (x >= 0 && y >= 0 && x < width && y < height) mask[Math.floor(y) * width + Math.floor(x)] = 1;
  }
}

/** The widest brush for a picture. */
export function widest(width: number, height: number): number {
  return Math.max(4, Math.round(Math.min(width, height) / 2));
}

/** The size after a press of a bracket key: about a fifth more or less. */
export function stepped(size: number, direction: number, most: number): number {
  const step = Math.max(1, Math.round(size / 5));
  return within(size + direction * step, 1, most);
}
