import type { Progress } from "../protocol";
import type { Behind } from "./curtain";
import type { Easel } from "./easel";
import type { Asked, LiveStore } from "./live_store";
import type { Pointing } from "./pointing";
import type { Store } from "./store";

/** What the parts of a view share that serve every live widget. */
export interface LiveScene {
  readonly store: LiveStore<Asked, { frame: Progress | undefined }>;
  /** Ends with the view; every listener hangs on it. */
  readonly signal: AbortSignal;
}

/** The same, of widgets that say which Python makes what is on the screen. */
export interface CodedScene extends LiveScene {
  readonly store: LiveStore<Asked, { frame: Progress | undefined; header: { code: string } | undefined }>;
}

/** What the parts of one view of an explanation share that draw no map. */
export interface StoreScene extends LiveScene {
  readonly store: Store;
}

/** What those share that draw maps. */
export interface DrawnScene extends StoreScene {
  readonly easel: Easel;
  /** What the map of a view is compared with, where the curtain is drawn. */
  behind?(view: number): Behind | undefined;
}

/** What the pictures of one view share. */
export interface Scene extends DrawnScene, Pointing {}
