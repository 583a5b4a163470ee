/** A picture as the drawing needs it: its colours, and its brightness from 0 to 255. */
export interface Photo {
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
  readonly grey: Float32Array;
  /** The darkest and the brightest of these. */
  readonly range: readonly [number, number];
  readonly width: number;
  readonly height: number;
}

/** A photo of RGBA bytes. */
export function photo(rgba: Uint8ClampedArray<ArrayBuffer>, width: number, height: number): Photo {
  const grey = new Float32Array(width * height);
  let [low, high] = [255, 0];
  for (let i = 0; i < grey.length; i++) {
    const value = 0.299 * rgba[4 * i]! + 0.587 * rgba[4 * i + 1]! + 0.114 * rgba[4 * i + 2]!;
    grey[i] = value;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return { rgba, grey, range: [low, high], width, height };
}
