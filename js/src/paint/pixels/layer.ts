/** Paint over a picture, row by row: red, green, blue and opacity of each pixel. */
export type Layer = Uint8ClampedArray<ArrayBuffer>;

export type Color = readonly [number, number, number];

export function emptyLayer(width: number, height: number): Layer {
  return new Uint8ClampedArray(4 * width * height);
}

/** The layer that Python wrote down: how many pixels are alike, their colour as one number, and so on. */
export function fromRuns(runs: readonly number[], width: number, height: number): Layer {
  const layer = emptyLayer(width, height);
  const view = new DataView(layer.buffer);
  let pixel = 0;
  for (let i = 0; i + 1 < runs.length; i += 2) {
    const end = Math.min(pixel + runs[i]!, width * height);
    for (; pixel < end; pixel++) view.setUint32(4 * pixel, runs[i + 1]!);
  }
  return layer;
}

/** Lays a colour over the marked pixels of `below`, and writes the whole into `target`. */
export function cover(target: Layer, below: Layer, mask: Uint8Array, color: Color, opacity: number): void {
  target.set(below);
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    const pixel = 4 * i;
    const left = (below[pixel + 3]! / 255) * (1 - opacity);
    const whole = opacity + left;
    for (let channel = 0; channel < 3; channel++) {
      target[pixel + channel] = (color[channel]! * opacity + below[pixel + channel]! * left) / (whole || 1);
    }
    target[pixel + 3] = 255 * whole;
  }
}

/** Takes the paint off the marked pixels of `below`, and writes the whole into `target`. */
export function uncover(target: Layer, below: Layer, mask: Uint8Array): void {
  target.set(below);
  for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) target.fill(0, 4 * i, 4 * i + 4);
}

/** Lays another picture over the marked pixels of `below`, and writes the whole into `target`. */
export function paste(target: Layer, below: Layer, mask: Uint8Array, picture: Uint8ClampedArray): void {
  target.set(below);
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    target.set(picture.subarray(4 * i, 4 * i + 3), 4 * i);
    target[4 * i + 3] = 255;
  }
}

/** A picture under its paint, as it is shown. */
export function composite(picture: Uint8ClampedArray, layer: Layer): Layer {
  const mixed = new Uint8ClampedArray(picture.length);
  for (let i = 0; i < picture.length; i += 4) {
    const opacity = layer[i + 3]! / 255;
    for (let channel = i; channel < i + 3; channel++) {
      mixed[channel] = picture[channel]! * (1 - opacity) + layer[channel]! * opacity;
    }
    mixed[i + 3] = 255;
  }
  return mixed;
}

export function isEmpty(layer: Layer): boolean {
  for (let i = 3; i < layer.length; i += 4) if (layer[i] !== 0) return false;
  return true;
}

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The smallest rectangle that holds all pixels in which two layers differ; undefined where they are the same. */
export function difference(before: Layer, after: Layer, width: number): Rectangle | undefined {
  const old = new Uint32Array(before.buffer);
  const now = new Uint32Array(after.buffer);
  let left = width;
  let right = -1;
  let top = -1;
  let bottom = -1;
  for (let i = 0; i < now.length; i++) {
    if (old[i] === now[i]) continue;
    const column = i % width;
    bottom = Math.floor(i / width);
    if (top < 0) top = bottom;
    left = Math.min(left, column);
    right = Math.max(right, column);
  }
  return top < 0 ? undefined : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/** The pixels of a rectangle, row by row. */
export function cut(layer: Layer, width: number, rectangle: Rectangle): Layer {
  const part = emptyLayer(rectangle.width, rectangle.height);
  for (let row = 0; row < rectangle.height; row++) {
    const start = 4 * ((rectangle.y + row) * width + rectangle.x);
    part.set(layer.subarray(start, start + 4 * rectangle.width), 4 * row * rectangle.width);
  }
  return part;
}
