import { tint } from "../shared/pixels/colormap";
import { type Photo, photo } from "../shared/pixels/photo";
import type { ColormapEntry } from "../shared/protocol";
import { within } from "../shared/within";

/** A picture with a perturbation (height, width, channels) added, whose values run over `width` from black to white. */
export function perturbed(below: Photo, values: Float32Array, channels: number, width: number): Photo {
  const rgba = new Uint8ClampedArray(below.rgba);
  const scale = 255 / width;
  for (let pixel = 0; pixel < below.width * below.height; pixel++) {
    for (let color = 0; color < 3; color++) {
      const change = values[pixel * channels + (channels === 3 ? color : 0)] ?? 0;
      // The array rounds and keeps to 0 and 255.
      rgba[4 * pixel + color] = (below.rgba[4 * pixel + color] ?? 0) + scale * change;
    }
  }
  return photo(rgba, below.width, below.height);
}

/**
 * A perturbation magnified by `factor`. Colours are added to grey; where there is one channel, the colours of a map say
 * more: darker at the lower end, brighter at the upper one.
 */
export function magnified(
  values: Float32Array,
  channels: number,
  factor: number,
  width: number,
  colormap: ColormapEntry,
): Uint8ClampedArray<ArrayBuffer> {
  const pixels = values.length / channels;
  const rgba = new Uint8ClampedArray(4 * pixels);
  const color = new Float64Array(3);
  for (let pixel = 0; pixel < pixels; pixel++) {
    if (channels === 3) {
      for (let place = 0; place < 3; place++) {
        rgba[4 * pixel + place] = 127.5 * (1 + (factor * (values[3 * pixel + place] ?? 0)) / width);
      }
    } else {
      const t = (factor * (values[channels * pixel] ?? 0)) / width;
      tint(colormap, within(t, -1, 1), "both", color);
      rgba.set(color, 4 * pixel);
    }
    rgba[4 * pixel + 3] = 255;
  }
  return rgba;
}
