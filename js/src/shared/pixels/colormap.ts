import type { ColormapEntry as Colormap } from "../protocol";
import type { Look } from "./look";
import type { Sign } from "./sign";

/** Writes the colour at `t` (see `scaled`) into `target`. */
export function tint(colormap: Colormap, t: number, sign: Sign, target: Float64Array): void {
  const along = colormap.kind === "diverging" || sign === "both" ? (t + 1) / 2 : t;
  const last = colormap.colors.length - 1;
  const position = along * last;
  const index = Math.min(Math.floor(position), last - 1);
  const fraction = position - index;
  const low = colormap.colors[index]!;
  const high = colormap.colors[index + 1]!;
  for (let channel = 0; channel < 3; channel++) {
    target[channel] = low[channel]! * (1 - fraction) + high[channel]! * fraction;
  }
}

/** So many colours that the nearest one is within a tenth of a level. */
const ENTRIES = 4096;

/** The colours of a scale ready to be looked up: red, green and blue of entry 0, of entry 1, and so on. */
export interface Palette {
  readonly colors: Float32Array;
  /** The value `t` of the first entry, and how many entries a unit of `t` has. */
  readonly lowest: number;
  readonly density: number;
}

export function palette(colormap: Colormap, sign: Sign): Palette {
  const lowest = sign === "both" ? -1 : 0;
  const density = ENTRIES / (1 - lowest);
  const colors = new Float32Array(3 * (ENTRIES + 1));
  const color = new Float64Array(3);
  for (let i = 0; i <= ENTRIES; i++) {
    tint(colormap, lowest + i / density, sign, color);
    colors.set(color, 3 * i);
  }
  return { colors, lowest, density };
}

/** How much of a map covers the picture below it where the value is `t`: what counts little leaves the picture clear. */
export function cover(colormap: Colormap, t: number, opacity: number): number {
  // A ramp without a middle would fade to the same at both ends.
  return opacity * (colormap.kind === "diverging" ? Math.abs(t) : 1);
}

/**
 * A CSS background of the colours that are in use, from the smallest value to the largest; over greys in two lines, the
 * brighter one above.
 */
export function scaleGradient(
  { colormap, sign, opacity }: Pick<Look, "colormap" | "sign" | "opacity">,
  under: readonly [number, number] | undefined,
): string {
  const line = (grey: number | undefined): string => {
    const color = new Float64Array(3);
    const stops = Array.from({ length: 17 }, (_, i) => {
      const t = sign === "both" ? i / 8 - 1 : i / 16;
      tint(colormap, t, sign, color);
      const share = grey === undefined ? 1 : cover(colormap, t, opacity);
      return `rgb(${Array.from(color, (part) => Math.round(part * share + (grey ?? 0) * (1 - share))).join(" ")})`;
    });
    return `linear-gradient(to right, ${stops.join(", ")})`;
  };
  if (under === undefined) return line(undefined);
  const [dark, bright] = under;
  return `${line(bright)} 0 0 / 100% 50% no-repeat, ${line(dark)} 0 100% / 100% 50% no-repeat`;
}
