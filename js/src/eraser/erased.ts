import { floats } from "../shared/bytes";
import type { EraserHeader, EraserMessage } from "../shared/protocol";

export interface EraserFrame extends EraserMessage {
  readonly map: Float32Array;
  /** The number of each place in the order of erasing: 0 goes first, -1 never. */
  readonly order: Float32Array;
}

/** Two shares that are this close are the same node of a curve. */
const SAME = 1e-5;

/** The values of a buffer; of the same that are there already these, so that nothing of them is drawn anew. */
function renewed(before: Float32Array | undefined, buffer: unknown): Float32Array {
  const values = floats(buffer);
  const alike = before?.length === values.length && values.every((value, place) => value === before[place]);
  return alike ? before : values;
}

/** What is known of one map: its newest frame, and what the header said. */
export class Erased {
  frame: EraserFrame | undefined;
  header: EraserHeader | undefined;

  /** Takes a frame unless a newer one is there already. */
  take(message: EraserMessage, buffers: readonly unknown[]): void {
    const shown = this.frame;
    if (shown !== undefined && message.generation < shown.generation) return;
    // The header comes with the first frame, which may never be painted: it is kept for those that follow.
    if (message.header !== null) this.header = message.header;
    this.frame = { ...message, map: renewed(shown?.map, buffers[0]), order: renewed(shown?.order, buffers[1]) };
  }

  /** What is left of the answer at a share: at the node of the curve there; undefined while that is not known. */
  at(share: number): { readonly x: number; readonly y: number } | undefined {
    const { shares = [], curve = [], parts = 1 } = this.frame ?? {};
    const { steps = 1 } = this.header?.state ?? {};
    // Where there are few parts, at several places of the slider the same are gone.
    const apart = steps <= parts ? SAME : 0.5 / parts + SAME;
    let best: { x: number; y: number } | undefined;
    shares.forEach((x, place) => {
      const nearer = Math.abs(x - share) < Math.abs((best?.x ?? Number.POSITIVE_INFINITY) - share);
      if (nearer && Math.abs(x - share) <= apart) best = { x, y: curve[place] ?? Number.NaN };
    });
    return best;
  }

  /** The newest frame as it came, and what the buffers held. */
  get message(): [EraserMessage, Float32Array[]] | undefined {
    const { frame, header = null } = this;
    if (frame === undefined) return undefined;
    const { map, order, ...message } = frame;
    return [{ ...message, header }, [map, order]];
  }
}
