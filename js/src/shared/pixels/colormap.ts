// The anchors of red_blue (RdBu), orange_purple (PuOr) and greys are ColorBrewer's (C. Brewer, M. Harrower, Apache 2.0),
// those of viridis and cividis were published by S. van der Walt and N. Smith, and by J. Nuñez, C. Anderton and
// R. Renslow. All of them are told apart by colour-blind eyes. Python reads the same file.
import colormaps from "../../../../xai_widgets/render/colormaps.json";
import type { Sign } from "./sign";

export interface Colormap {
  readonly label: string;
  readonly kind: string;
  readonly colors: readonly (readonly number[])[];
}

export const COLORMAPS: Readonly<Record<string, Colormap>> = colormaps;

/** The colour map of that name, or the first one where there is none. */
export function colormapNamed(name: string): Colormap {
  return COLORMAPS[name] ?? (Object.values(COLORMAPS)[0] as Colormap);
}

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
  look: { readonly colormap: string; readonly sign: Sign; readonly opacity: number },
  under: readonly [number, number] | undefined,
): string {
  const colormap = colormapNamed(look.colormap);
  const line = (grey: number | undefined): string => {
    const color = new Float64Array(3);
    const stops = Array.from({ length: 17 }, (_, i) => {
      const t = look.sign === "both" ? i / 8 - 1 : i / 16;
      tint(colormap, t, look.sign, color);
      const share = grey === undefined ? 1 : cover(colormap, t, look.opacity);
      return `rgb(${Array.from(color, (part) => Math.round(part * share + (grey ?? 0) * (1 - share))).join(" ")})`;
    });
    return `linear-gradient(to right, ${stops.join(", ")})`;
  };
  if (under === undefined) return line(undefined);
  const [dark, bright] = under;
  return `${line(bright)} 0 0 / 100% 50% no-repeat, ${line(dark)} 0 100% / 100% 50% no-repeat`;
}
