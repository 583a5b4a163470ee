import type { FrameMessage, Header } from "../protocol";

/** A frame with its map. */
export interface Frame extends FrameMessage {
  readonly map: Float32Array;
}

/** One point of the convergence curve. */
export interface Point {
  readonly evaluations: number;
  readonly change: number | null;
  readonly gap: number | null;
}

/** What is known of one model: its newest frame, what its header said, and how it got there. */
export class ViewState {
  frame: Frame | undefined;
  header: Header | undefined;
  points: Point[] = [];

  /** Takes a frame unless a newer one is there already, and says whether it did. */
  take(frame: Frame): boolean {
    const shown = this.frame;
    if (shown !== undefined) {
      if (frame.generation < shown.generation) return false;
      if (frame.generation === shown.generation && frame.evaluations < shown.evaluations) return false;
    }
    const isNew = shown === undefined || frame.generation > shown.generation;
    if (isNew) this.points = [];
    // The header comes with the first frame, which may never be painted: it is kept for those that follow.
    if (frame.header !== null) this.header = frame.header;
    if (this.points.at(-1)?.evaluations === frame.evaluations) this.points.pop();
    this.points.push({ evaluations: frame.evaluations, change: frame.change, gap: frame.gap });
    this.frame = frame;
    return true;
  }
}
