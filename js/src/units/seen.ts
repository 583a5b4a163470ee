import type { Newest, WithMaps } from "../shared/explanation/newest";
import { resize } from "../shared/pixels/resize";
import type { DissectMessage, Runs } from "../shared/protocol";

/** What the unit says of some pictures. */
export type UnitFrame = WithMaps<DissectMessage>;

/** What is known of a unit. */
export type Seen = Newest<DissectMessage>;

/** Where the unit is on in one of the pictures, of this size: by how much it exceeds its threshold, made larger. */
export function lit({ maps, shape }: UnitFrame, place: number, width: number, height: number): Uint8Array {
  const [, rows = 1, columns = 1] = shape;
  const values = maps.subarray(place * rows * columns, (place + 1) * rows * columns);
  const plane = resize({ values, width: columns, height: rows }, width, height);
  return Uint8Array.from(plane.values, (value) => Number(value > 0));
}

/** Where a formula holds in one of the pictures, of this size. */
export function where(
  { regions }: UnitFrame,
  place: number,
  inside: readonly boolean[],
  width: number,
  height: number,
): Runs | null {
  const region = regions[place];
  if (region === undefined) return null;
  const runs = [0];
  for (let at = 0; at < region.length; at += 2) {
    const here = Number(inside[region[at] ?? 0] ?? false);
    if ((runs.length - 1) % 2 !== here) runs.push(0);
    runs[runs.length - 1] = (runs[runs.length - 1] ?? 0) + (region[at + 1] ?? 0);
  }
  return { width, height, runs };
}
