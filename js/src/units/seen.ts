import { floats } from "../shared/bytes";
import { resize } from "../shared/pixels/resize";
import type { DissectHeader, DissectMessage, Runs } from "../shared/protocol";

export interface UnitFrame extends DissectMessage {
  /** What the unit says of some pictures, one map behind the other. */
  readonly maps: Float32Array;
}

/** What is known of a unit: its newest frame, and what its header said. */
export class Seen {
  frame: UnitFrame | undefined;
  header: DissectHeader | undefined;

  /** Takes a frame unless a newer one is there already. */
  take(message: DissectMessage, buffers: readonly unknown[]): void {
    if (this.frame !== undefined && message.generation < this.frame.generation) return;
    // The header comes with the first frame, which may never be painted: it is kept for those that follow.
    if (message.header !== null) this.header = message.header;
    this.frame = { ...message, maps: floats(buffers[0]) };
  }

  /** The newest frame as it came, and what the buffer held. */
  get message(): [DissectMessage, Float32Array[]] | undefined {
    if (this.frame === undefined) return undefined;
    const { maps, ...message } = this.frame;
    return [{ ...message, header: this.header ?? null }, [maps]];
  }
}

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
