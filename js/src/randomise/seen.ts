import { floats } from "../shared/bytes";
import type { RandomiseHeader, RandomiseMessage } from "../shared/protocol";

export interface RandomiseFrame extends RandomiseMessage {
  readonly map: Float32Array;
  /** That of the trained network. */
  readonly trained: Float32Array;
}

/** What is known of one method: its newest frame, and what its header said. */
export class Seen {
  frame: RandomiseFrame | undefined;
  header: RandomiseHeader | undefined;

  /** Takes a frame unless a newer one is there already. */
  take(message: RandomiseMessage, buffers: readonly unknown[]): void {
    if (this.frame !== undefined && message.generation < this.frame.generation) return;
    // The header comes with the first frame, which may never be painted: it is kept for those that follow.
    if (message.header !== null) this.header = message.header;
    this.frame = { ...message, map: floats(buffers[0]), trained: floats(buffers[1]) };
  }

  /** The newest frame as it came, and what the buffers held. */
  get message(): [RandomiseMessage, Float32Array[]] | undefined {
    if (this.frame === undefined) return undefined;
    const { map, trained, ...message } = this.frame;
    return [{ ...message, header: this.header ?? null }, [map, trained]];
  }
}
