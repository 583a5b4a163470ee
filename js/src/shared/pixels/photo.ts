/** A picture as the drawing needs it: its colours, and its brightness from 0 to 255. */
export interface Photo {
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
  readonly grey: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** A photo of RGBA bytes. */
export function photo(rgba: Uint8ClampedArray<ArrayBuffer>, width: number, height: number): Photo {
  const grey = new Float32Array(width * height);
  for (let i = 0; i < grey.length; i++) {
    grey[i] = 0.299 * rgba[4 * i]! + 0.587 * rgba[4 * i + 1]! + 0.114 * rgba[4 * i + 2]!;
  }
  return { rgba, grey, width, height };
}
