import { type Palette, palette } from "./colormap";
import type { Look } from "./look";
import { percentile } from "./percentile";
import type { Photo } from "./photo";
import type { Plane } from "./plane";
import { resize } from "./resize";
import { type Sign, scaled } from "./sign";
import { smooth } from "./smooth";

/** A vector row by row on a grid as near to a square as it can be; a plane as it is. */
function plane(map: Float32Array, shape: readonly number[]): Plane {
  if (shape.length === 2) return { values: map, height: shape[0]!, width: shape[1]! };
  const width = Math.max(1, Math.ceil(Math.sqrt(map.length)));
  const height = Math.max(1, Math.ceil(map.length / width));
  const values = new Float32Array(width * height);
  values.set(map);
  return { values, width, height };
}

/** A map on its way to pixels. It keeps what each step made, so that moving one slider redoes only what follows. */
export class Drawing {
  /** The values as they are shown, to be read under the pointer. */
  plane: Plane = { values: new Float32Array(0), width: 0, height: 0 };
  /** How many cells of the plane hold a value; a vector leaves some empty. */
  count = 0;
  /** Whether the cells are the units of a vector, row by row. */
  isVector = false;
  /** Where its own colour scale ends; 0 where nothing counts. */
  own = 0;
  /** The magnitude at the end of the colour scale that it is painted on. */
  limit = 1;
  rgba: Uint8ClampedArray<ArrayBuffer> = new Uint8ClampedArray(0);

  #map: Float32Array | undefined;
  #photo: Photo | undefined;
  #smoothing = Number.NaN;
  #clip = Number.NaN;
  #palette: Palette = { colors: new Float32Array(0), lowest: 0, density: 0 };
  #colormap: Look["colormap"] | undefined;
  #sign: Sign | undefined;

  draw(map: Float32Array, shape: readonly number[], photo: Photo | undefined, look: Look): void {
    this.lay(map, shape, photo, look);
    this.paint(look);
  }

  /** Lays a map over a picture, and finds where its own colour scale ends. */
  lay(map: Float32Array, shape: readonly number[], photo: Photo | undefined, look: Look): void {
    const isVector = shape.length !== 2;
    this.isVector = isVector;
    const below = isVector ? undefined : photo;
    if (map !== this.#map || below !== this.#photo || look.smoothing !== this.#smoothing) {
      const laid = plane(map, shape);
      const fitted = below === undefined ? laid : resize(laid, below.width, below.height);
      this.plane = isVector ? fitted : smooth(fitted, look.smoothing);
      this.count = isVector ? map.length : this.plane.values.length;
      this.#map = map;
      this.#photo = below;
      this.#smoothing = look.smoothing;
      this.#clip = Number.NaN;
    }
    if (look.clip !== this.#clip) {
      this.own = percentile(this.plane.values.subarray(0, this.count), look.clip);
      this.#clip = look.clip;
    }
  }

  /** Paints what was laid, on a colour scale that ends at `limit`. */
  paint(look: Look, limit = this.own): void {
    this.limit = limit || 1;
    const { values } = this.plane;
    const grey = look.layout === "blended" ? this.#photo?.grey : undefined;
    if (this.rgba.length !== 4 * values.length) this.rgba = new Uint8ClampedArray(4 * values.length);
    else if (this.count < values.length) this.rgba.fill(0);
    if (look.colormap !== this.#colormap || look.sign !== this.#sign) {
      this.#palette = palette(look.colormap, look.sign);
      this.#colormap = look.colormap;
      this.#sign = look.sign;
    }
    const { colors, lowest, density } = this.#palette;
    const { rgba, count } = this;
    const { sign } = look;
    // What counts little leaves the picture clear; but a ramp without a middle would fade to the same at both ends.
    const fades = look.colormap.kind === "diverging";
    for (let i = 0; i < count; i++) {
      const t = scaled(values[i]!, this.limit, sign);
      const color = 3 * Math.round((t - lowest) * density);
      const opacity = grey === undefined ? 1 : look.opacity * (fades ? Math.abs(t) : 1);
      const under = grey === undefined ? 0 : grey[i]! * (1 - opacity);
      const pixel = 4 * i;
      rgba[pixel] = under + colors[color]! * opacity;
      rgba[pixel + 1] = under + colors[color + 1]! * opacity;
      rgba[pixel + 2] = under + colors[color + 2]! * opacity;
      rgba[pixel + 3] = 255;
    }
  }
}
