import type { Photo } from "../shared/pixels/photo";

/** Pieces are at most so many pixels wide and high. */
const MOST = 48;
/** So many stand beside each other, and below each other. */
const ACROSS = 2;

/** Four pieces of pictures, two by two, as pixels. */
export interface Mosaic {
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

/**
 * What is seen from some places, each a picture's number, top, bottom, left, right in an input of this height and width;
 * undefined while none of the pictures is read. What has no piece stays clear.
 */
export function mosaic(
  sights: readonly (readonly number[])[],
  [height = 1, width = 1]: readonly number[],
  photo: (index: number) => Photo | undefined,
): Mosaic | undefined {
  const pieces = sights.slice(0, ACROSS * ACROSS).map(([index = 0, ...window]) => ({ found: photo(index), window }));
  const first = pieces.find(({ found }) => found !== undefined)?.found;
  if (first === undefined) return undefined;
  const [across, down] = [first.width / width, first.height / height];
  const most = Math.max(...pieces.map(({ window: [top = 0, bottom = 0] }) => (bottom - top) * down));
  const wide = Math.max(...pieces.map(({ window: [, , left = 0, right = 0] }) => (right - left) * across));
  const less = Math.min(1, MOST / Math.max(most, wide));
  const [rows, columns] = [Math.max(1, Math.round(less * most)), Math.max(1, Math.round(less * wide))];
  // A single piece has the tile for itself.
  const side = pieces.length > 1 ? ACROSS : 1;
  const made = { width: side * (columns + 1) - 1, height: side * (rows + 1) - 1 };
  const rgba = new Uint8ClampedArray(4 * made.width * made.height);
  pieces.forEach(({ found, window: [top = 0, bottom = 0, left = 0, right = 0] }, place) => {
    if (found === undefined) return;
    const [x0, y0] = [(place % side) * (columns + 1), Math.floor(place / side) * (rows + 1)];
    const scale = [found.width / width, found.height / height] as const;
    for (let row = 0; row < rows; row++) {
      const y = Math.floor((top + ((row + 0.5) / rows) * (bottom - top)) * scale[1]);
      for (let column = 0; column < columns; column++) {
        const x = Math.floor((left + ((column + 0.5) / columns) * (right - left)) * scale[0]);
        const [from, to] = [4 * (y * found.width + x), 4 * ((y0 + row) * made.width + x0 + column)];
        rgba.set(found.rgba.subarray(from, from + 4), to);
      }
    }
  });
  return { rgba, ...made };
}
