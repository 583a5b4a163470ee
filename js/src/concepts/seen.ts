import { floats } from "../shared/bytes";
import type { ConceptHeader, ConceptMessage, EffectRow } from "../shared/protocol";

export interface EffectFrame extends ConceptMessage {
  /** The effects of random splits, a row of the same length for each concept. */
  readonly random: Float32Array;
  /** What the model says of the classes, one stop of the steering behind the other; empty while it is not known. */
  readonly along: Float32Array;
}

/** What is known of one model: its newest frame, and what its header said. */
export class Seen {
  frame: EffectFrame | undefined;
  header: ConceptHeader | undefined;

  /** Takes a frame unless a newer one is there already. */
  take(message: ConceptMessage, buffers: readonly unknown[]): void {
    if (this.frame !== undefined && message.generation < this.frame.generation) return;
    // The header comes with the first frame, which may never be painted: it is kept for those that follow.
    if (message.header !== null) this.header = message.header;
    this.frame = { ...message, random: floats(buffers[0]), along: floats(buffers[1]) };
  }

  /** The newest frame as it came, and what the buffers held. */
  get message(): [ConceptMessage, Float32Array[]] | undefined {
    if (this.frame === undefined) return undefined;
    const { random, along, ...message } = this.frame;
    return [{ ...message, header: this.header ?? null }, [random, along]];
  }
}

/** The effects of random splits for the concept with this number. */
export function cloud({ rows, random }: EffectFrame, concept: number): Float32Array {
  const width = random.length / rows.length;
  return random.subarray(concept * width, concept * width + (rows[concept]?.runs ?? 0));
}

/** The ends of a scale that holds zero, all effects with their errors, and all clouds, with some room. */
export function reach(frames: readonly EffectFrame[]): [number, number] {
  const ends = [0];
  for (const frame of frames) {
    frame.rows.forEach((row: EffectRow | null, concept) => {
      if (row === null) return;
      const { effect, error, changed } = row;
      ends.push(effect - (error ?? 0), effect + (error ?? 0), changed ?? 0, ...cloud(frame, concept));
    });
  }
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const room = 0.05 * (high - low) || 1;
  return [low - room, high + room];
}

/** Round numbers between the ends of a scale, two to four of them. */
export function ticks([low, high]: readonly [number, number]): number[] {
  const rough = (high - low) / 2.5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (rough / power < 1.5 ? 1 : rough / power < 3.5 ? 2 : rough / power < 7.5 ? 5 : 10);
  const found = [];
  for (let count = Math.ceil(low / step); count * step <= high; count++) {
    found.push(Number((count * step).toPrecision(6)));
  }
  return found;
}

/** What a model says of all classes at one stop: probabilities, or values where it gives none. */
export function said({ along, chances }: EffectFrame, stop: number, classes: number): number[] {
  const scores = [...along.subarray(stop * classes, (stop + 1) * classes)];
  if (!chances) return scores;
  const most = Math.max(...scores);
  const shares = scores.map((score) => Math.exp(score - most));
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}
