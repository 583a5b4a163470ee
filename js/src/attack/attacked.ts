import { floats } from "../shared/bytes";
import type { AttackHeader, AttackMessage } from "../shared/protocol";

/** A map and its shape. */
export interface Explained {
  readonly map: Float32Array;
  readonly shape: readonly number[];
}

export interface AttackFrame extends AttackMessage {
  readonly perturbation: Float32Array;
}

/** What is known of one model: its newest frame, its newest maps, and what the header said. */
export class Attacked {
  frame: AttackFrame | undefined;
  header: AttackHeader | undefined;
  before: Explained | undefined;
  after: Explained | undefined;

  /** Takes a frame unless a newer one is there already. A map that has not come yet leaves the one before it. */
  take(message: AttackMessage, buffers: readonly unknown[]): void {
    const shown = this.frame;
    if (shown !== undefined && message.generation < shown.generation) return;
    // The header comes with the first frame, which may never be painted: it is kept for those that follow.
    if (message.header !== null) this.header = message.header;
    const explained = message.maps.map((shape, place) =>
      shape === null ? undefined : { shape, map: floats(buffers[place + 1]) },
    );
    this.before = explained[0] ?? this.before;
    this.after = explained[1] ?? this.after;
    this.frame = { ...message, perturbation: floats(buffers[0]) };
  }

  /** The newest frame with its newest maps, as they came, and what the buffers held. */
  get message(): [AttackMessage, Float32Array[]] | undefined {
    const { frame, before, after, header = null } = this;
    if (frame === undefined) return undefined;
    const { perturbation, ...message } = frame;
    const none = new Float32Array(0);
    const maps = [before?.shape ?? null, after?.shape ?? null];
    return [{ ...message, header, maps }, [perturbation, before?.map ?? none, after?.map ?? none]];
  }
}
