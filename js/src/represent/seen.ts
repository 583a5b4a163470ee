import { floats } from "../shared/bytes";
import type { RepresentHeader, RepresentMessage } from "../shared/protocol";

export interface ComparedFrame extends RepresentMessage {
  /** Where both layers place the pictures: of the first all, right and up, and then of the second. */
  readonly clouds: Float32Array;
}

/** What is known of two networks: the newest frame, and what its header said. */
export class Seen {
  frame: ComparedFrame | undefined;
  header: RepresentHeader | undefined;
  /** The clouds that came last: until others come they stay where they are. */
  clouds: Float32Array = new Float32Array();
  explained: RepresentMessage["explained"] = [];

  /** Takes a frame unless a newer one is there already. */
  take(message: RepresentMessage, buffers: readonly unknown[]): void {
    if (this.frame !== undefined && message.generation < this.frame.generation) return;
    // The header comes with the first frame, which may never be painted: it is kept for those that follow.
    if (message.header !== null) this.header = message.header;
    this.frame = { ...message, clouds: floats(buffers[0]) };
    if (this.frame.clouds.length === 0) return;
    this.clouds = this.frame.clouds;
    this.explained = message.explained;
  }

  /** The newest frame as it came, and what the buffer held. */
  get message(): [RepresentMessage, Float32Array[]] | undefined {
    if (this.frame === undefined) return undefined;
    const { clouds, ...message } = this.frame;
    return [{ ...message, header: this.header ?? null }, [clouds]];
  }
}

/** A point of a cloud. */
export interface Point {
  readonly right: number;
  readonly up: number;
}

/** One of the two clouds, within -1 and 1. */
export function cloudOf(clouds: Float32Array, side: number): Point[] {
  const count = clouds.length / 4;
  return Array.from({ length: count }, (_, place) => {
    const at = 2 * (side * count + place);
    return { right: clouds[at] ?? 0, up: clouds[at + 1] ?? 0 };
  });
}

/** The points of a cloud that lie between two corners. */
export function within(cloud: readonly Point[], one: Point, other: Point): number[] {
  const between = (value: number, a: number, b: number): boolean => value >= Math.min(a, b) && value <= Math.max(a, b);
  return [...cloud.keys()].filter((place) => {
    const { right, up } = cloud[place] as Point;
    return between(right, one.right, other.right) && between(up, one.up, other.up);
  });
}

/** The point of a cloud that is nearest to a place; undefined where there is none. */
export function nearest(cloud: readonly Point[], { right, up }: Point): number | undefined {
  const apart = cloud.map((point) => (point.right - right) ** 2 + (point.up - up) ** 2);
  const least = apart.indexOf(Math.min(...apart));
  return least < 0 ? undefined : least;
}
