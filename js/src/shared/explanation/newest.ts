import { floats } from "../bytes";
import type { Progress } from "../protocol";

/** What comes with what it is about, once, and with maps, one behind the other. */
interface Headed extends Progress {
  readonly header: unknown;
}

/** A frame with the maps that came with it. */
export type WithMaps<Message> = Message & { readonly maps: Float32Array };

/** What is known of a view that shows one thing: its newest frame, and what its header said. */
export class Newest<Message extends Headed> {
  frame: WithMaps<Message> | undefined;
  header: NonNullable<Message["header"]> | undefined;

  /** Takes a frame unless a newer one is there already. */
  take(message: Message, buffers: readonly unknown[]): void {
    if (this.frame !== undefined && message.generation < this.frame.generation) return;
    // The header comes with the first frame, which may never be painted: it is kept for those that follow.
    if (message.header !== null) this.header = message.header as NonNullable<Message["header"]>;
    this.frame = { ...message, maps: floats(buffers[0]) };
  }

  /** The newest frame as it came, and what the buffer held. */
  get message(): [Message, Float32Array[]] | undefined {
    if (this.frame === undefined) return undefined;
    const { maps, ...message } = this.frame;
    return [{ ...message, header: this.header ?? null } as unknown as Message, [maps]];
  }
}
