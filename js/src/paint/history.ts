import type { Layer } from "./pixels/layer";

const MOST_STEPS = 200;
const MOST_BYTES = 48 * 2 ** 20;

/** The layers that a picture had, so that one can go back, and forth again. Layers in it are never changed. */
export class History {
  private past: Layer[] = [];
  private future: Layer[] = [];

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /** Takes note of the layer there was before a change. */
  add(before: Layer): void {
    this.future = [];
    this.past.push(before);
    const most = Math.max(1, Math.min(MOST_STEPS, Math.floor(MOST_BYTES / before.length)));
    this.past.splice(0, this.past.length - most);
  }

  /** Returns the layer before the last change; `now` is the present one. */
  undo(now: Layer): Layer | undefined {
    const before = this.past.pop();
    if (before !== undefined) this.future.push(now);
    return before;
  }

  /** Returns the layer that the last `undo` took away. */
  redo(now: Layer): Layer | undefined {
    const after = this.future.pop();
    if (after !== undefined) this.past.push(now);
    return after;
  }
}
