import type { Easel } from "./easel";
import type { Store } from "./store";

/** What the parts of one view share. */
export interface Scene {
  readonly store: Store;
  readonly easel: Easel;
  /** Ends with the view; every listener hangs on it. */
  readonly signal: AbortSignal;
  /** The pixel under the pointer, the same in every picture; null is none. */
  pointer: { x: number; y: number } | null;
  /** Tells the parts that the pointer moved. */
  pointed(): void;
  onPointed(listener: () => void): void;
}
