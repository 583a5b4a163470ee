import { floats } from "../shared/bytes";
import type { InterveneHeader, InterveneMessage } from "../shared/protocol";

export interface ToldFrame extends InterveneMessage {
  /** What the concepts say by themselves, from 0, no, to 1, yes; of logits it may lie beyond. */
  readonly said: Float32Array;
  /** What the model says of the classes by itself, and now. */
  readonly before: Float32Array;
  readonly now: Float32Array;
}

/** What is known of one model: its newest frame, and what its header said. */
export class Seen {
  frame: ToldFrame | undefined;
  header: InterveneHeader | undefined;
  /** What it is worth to be told each group, as it was last known: it comes after the answer. */
  worth: InterveneMessage["worth"] = [];

  /** Takes a frame unless a newer one is there already. */
  take(message: InterveneMessage, buffers: readonly unknown[]): void {
    if (this.frame !== undefined && message.generation < this.frame.generation) return;
    // The header comes with the first frame, which may never be painted: it is kept for those that follow.
    if (message.header !== null) this.header = message.header;
    const [said, before, now] = [floats(buffers[0]), floats(buffers[1]), floats(buffers[2])];
    this.frame = { ...message, said, before, now };
    if (message.final) this.worth = message.worth;
  }

  /** The newest frame as it came, and what the buffers held. */
  get message(): [InterveneMessage, Float32Array[]] | undefined {
    if (this.frame === undefined) return undefined;
    const { said, before, now, ...message } = this.frame;
    return [{ ...message, header: this.header ?? null }, [said, before, now]];
  }
}

/** The place of the largest number; undefined where there is none. */
export function largest(values: ArrayLike<number | null>): number | undefined {
  let best: number | undefined;
  Array.from(values).forEach((value, place) => {
    if (value !== null && (best === undefined || value > (values[best] ?? Number.NEGATIVE_INFINITY))) best = place;
  });
  return best;
}

/**
 * The classes that are shown, in their own order: all where there are few, else those that any model gives most, by
 * itself or now, and the right one.
 */
export function classesShown(frames: readonly ToldFrame[], most: number, right: number | undefined): number[] {
  const every = frames.flatMap(({ before, now }) => [before, now]);
  const count = every[0]?.length ?? 0;
  const all = Array.from({ length: count }, (_, index) => index);
  if (count <= most) return all;
  const largestOf = (index: number): number => Math.max(...every.map((values) => values[index] ?? 0));
  const order = all.sort((a, b) => Number(b === right) - Number(a === right) || largestOf(b) - largestOf(a) || a - b);
  return order.slice(0, most).sort((a, b) => a - b);
}

/** The names of the concepts of a group, without what all of them begin with: "petal: red" in the group "petal". */
export function namesWithin(group: string, names: readonly string[]): readonly string[] {
  const beginnings = [`${group}: `, `${group} `, `${group}_`, `${group}::`];
  const shared = beginnings.find((one) => names.every((name) => name.startsWith(one) && name.length > one.length));
  return shared === undefined ? names : names.map((name) => name.slice(shared.length));
}
