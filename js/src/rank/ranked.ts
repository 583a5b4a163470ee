import { floats } from "../shared/bytes";
import type { RankHeader, RankMessage } from "../shared/protocol";

export interface RankFrame extends RankMessage {
  readonly map: Float32Array;
}

/** What is known of the table: its newest frame, and what its header said. */
export class Ranked {
  frame: RankFrame | undefined;
  header: RankHeader | undefined;

  /** Takes a frame unless a newer one is there already. */
  take(message: RankMessage, buffers: readonly unknown[]): void {
    if (this.frame !== undefined && message.generation < this.frame.generation) return;
    // The header comes with the first frame, which may never be painted: it is kept for those that follow.
    if (message.header !== null) this.header = message.header;
    this.frame = { ...message, map: floats(buffers[0]) };
  }

  /** What a metric says of a row at all pictures; nan where it is not known. */
  cell(row: number, column: number): number[] {
    return (this.frame?.each ?? []).map((table) => table[row]?.[column] ?? Number.NaN);
  }

  /** The newest frame as it came, and what the buffer held. */
  get message(): [RankMessage, Float32Array[]] | undefined {
    if (this.frame === undefined) return undefined;
    const { map, ...message } = this.frame;
    return [{ ...message, header: this.header ?? null }, [map]];
  }
}
