import { floats } from "../shared/bytes";
import type { WithholdHeader, WithholdMessage } from "../shared/protocol";

export interface AbsentFrame extends WithholdMessage {
  /** The two columns of rows of the background, one row after the other. */
  readonly rows: Float32Array;
}

/** What is known of a row: the newest frame, and what its header said. */
export class Seen {
  frame: AbsentFrame | undefined;
  header: WithholdHeader | undefined;

  /** Takes a frame unless a newer one is there already. */
  take(message: WithholdMessage, buffers: readonly unknown[]): void {
    if (this.frame !== undefined && message.generation < this.frame.generation) return;
    // The header comes with the first frame, which may never be painted: it is kept for those that follow.
    if (message.header !== null) this.header = message.header;
    this.frame = { ...message, rows: floats(buffers[0]) };
  }

  /** The newest frame as it came, and what the buffer held. */
  get message(): [WithholdMessage, Float32Array[]] | undefined {
    if (this.frame === undefined) return undefined;
    const { rows, ...message } = this.frame;
    return [{ ...message, header: this.header ?? null }, [rows]];
  }
}

/** Where the second of two columns is thought to be, and how far from there it may lie. */
export interface Thought {
  readonly middle: number;
  readonly spread: number;
}

/** What the second column may be where only the first is known, by baseline, marginally and given the first. */
export function thoughts(
  known: number,
  middle: readonly number[],
  spread: readonly number[],
  correlation: number,
): Thought[] {
  const [first = 0, second = 0] = middle;
  const [across = 1, up = 1] = spread;
  const given = second + (correlation * up * (known - first)) / (across || 1);
  return [
    { middle: second, spread: 0 },
    { middle: second, spread: up },
    { middle: given, spread: up * Math.sqrt(1 - correlation ** 2) },
  ];
}

/** A value that is so small a part of the largest one is none. */
const NOTHING = 0.02;

/** The columns that have a value for what they tell of others alone: conditionally, and not marginally. */
export function tellingOnly([, marginal = [], conditional = []]: readonly (readonly number[])[]): number[] {
  const largest = Math.max(...[...marginal, ...conditional].map(Math.abs), 0);
  const none = (value: number | undefined): boolean => Math.abs(value ?? 0) <= NOTHING * largest;
  return [...marginal.keys()].filter((column) => none(marginal[column]) && !none(conditional[column]));
}
