/** An upright ellipse in a picture, and how far down the background goes; `render/ellipse.py` reckons by the same rules. */
export interface Ellipse {
  /** Its centre, as a column and a row: the middle of the first pixel is at 0, 0. */
  readonly x: number;
  readonly y: number;
  readonly radiusX: number;
  readonly radiusY: number;
  /** Only rows above this one are background; below it are the shoulders. */
  readonly above: number;
}

/** The measures of a face are those of a picture of this size; others take them in proportion. */
const SIDE = 64;

/** Where a face is in a portrait. */
export function face(width: number, height: number): Ellipse {
  const across = width / SIDE;
  const down = height / SIDE;
  return { x: 32 * across - 0.5, y: 34.5 * down - 0.5, radiusX: 22 * across, radiusY: 32 * down, above: 54 * down };
}

/** Which pixels lie in the ellipse: 1 for those, row by row. */
export function inside({ x, y, radiusX, radiusY }: Ellipse, width: number, height: number): Uint8Array {
  const mask = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      mask[row * width + column] = ((column - x) / radiusX) ** 2 + ((row - y) / radiusY) ** 2 <= 1 ? 1 : 0;
    }
  }
  return mask;
}

/** Which pixels are background. */
export function outside(ellipse: Ellipse, width: number, height: number): Uint8Array {
  const mask = inside(ellipse, width, height);
  for (let i = 0; i < mask.length; i++) mask[i] = mask[i] === 0 && Math.floor(i / width) < ellipse.above ? 1 : 0;
  return mask;
}
