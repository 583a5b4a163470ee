import { floats } from "../shared/bytes";
import type { ExciteHeader, ExciteMessage } from "../shared/protocol";

export interface GrownFrame extends ExciteMessage {
  /** What becomes of each start, one picture behind the other, in parts of the range of values. */
  readonly pictures: Float32Array;
}

/** What is known of a picture that grows: its newest frame, and what its header said. */
export class Grown {
  frame: GrownFrame | undefined;
  header: ExciteHeader | undefined;

  /** Takes a frame unless a newer one is there already. */
  take(message: ExciteMessage, buffers: readonly unknown[]): void {
    if (this.frame !== undefined && message.generation < this.frame.generation) return;
    // The header comes with the first frame, which may never be painted: it is kept for those that follow.
    if (message.header !== null) this.header = message.header;
    this.frame = { ...message, pictures: floats(buffers[0]) };
  }

  /** The newest frame as it came, and what the buffer held. */
  get message(): [ExciteMessage, Float32Array[]] | undefined {
    if (this.frame === undefined) return undefined;
    const { pictures, ...message } = this.frame;
    return [{ ...message, header: this.header ?? null }, [pictures]];
  }
}

/** Pixels of a picture in parts of the range: one channel is grey, three are colours, any other number is averaged. */
export function pixels({ pictures, shape }: GrownFrame, place: number): Uint8ClampedArray<ArrayBuffer> {
  const [, height = 1, width = 1, channels = 1] = shape;
  const size = height * width;
  const values = pictures.subarray(place * size * channels, (place + 1) * size * channels);
  const rgba = new Uint8ClampedArray(4 * size).fill(255);
  for (let at = 0; at < size; at++) {
    const own = values.subarray(at * channels, (at + 1) * channels);
    const mean = own.reduce((sum, value) => sum + value, 0) / channels;
    for (let color = 0; color < 3; color++) {
      rgba[4 * at + color] = 255 * (channels === 3 ? (own[color] ?? 0) : mean);
    }
  }
  return rgba;
}

/** The roughness at the right end of its scale: that of noise. */
const NOISE = 0.5;

/** Where on its scale a roughness is, from 0 to 1: small values have more room. */
export function along(roughness: number): number {
  return Math.sqrt(Math.min(1, roughness / NOISE));
}
