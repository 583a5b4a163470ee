import { floats, pack, unpack } from "../shared/bytes";
import type { AttackHeader, AttackMessage } from "../shared/protocol";

/** A map and its shape. */
export interface Explained {
  readonly map: Float32Array;
  readonly shape: readonly number[];
}

export interface AttackFrame extends AttackMessage {
  readonly perturbation: Float32Array;
}

interface Saved {
  frame: AttackMessage;
  header: AttackHeader | null;
  arrays: ReturnType<typeof pack>[];
}

/** What is known of one model: its newest frame, its newest maps, and what the header said. */
export class Attacked {
  frame: AttackFrame | undefined;
  header: AttackHeader | undefined;
  before: Explained | undefined;
  after: Explained | undefined;

  /** Takes a frame unless a newer one is there already. A map that has not come yet leaves the one before it. */
  take(message: AttackMessage, buffers: readonly unknown[]): void {
    this.put(
      message,
      [0, 1, 2].map((place) => floats(buffers[place])),
    );
  }

  save(): Saved | undefined {
    const { frame, before, after } = this;
    if (frame === undefined) return undefined;
    const { perturbation, ...message } = frame;
    const none = new Float32Array(0);
    return {
      frame: { ...message, maps: [before?.shape ?? null, after?.shape ?? null] },
      header: this.header ?? null,
      arrays: [pack(perturbation), pack(before?.map ?? none), pack(after?.map ?? none)],
    };
  }

  /** Shows what was saved, older than anything a kernel will send. */
  restore({ frame, header, arrays }: Saved): void {
    this.put({ ...frame, header, generation: Number.NEGATIVE_INFINITY }, arrays.map(unpack));
  }

  private put(message: AttackMessage, arrays: readonly Float32Array[]): void {
    const shown = this.frame;
    if (shown !== undefined && message.generation < shown.generation) return;
    // The header comes with the first frame, which may never be painted: it is kept for those that follow.
    if (message.header !== null) this.header = message.header;
    const [perturbation = new Float32Array(0), ...maps] = arrays;
    const explained = message.maps.map((shape, place) => {
      const map = maps[place];
      return shape === null || map === undefined ? undefined : { shape, map };
    });
    this.before = explained[0] ?? this.before;
    this.after = explained[1] ?? this.after;
    this.frame = { ...message, perturbation };
  }
}

/** The last pictures as JSON, so that a saved or reopened page has something to show before, or without, a kernel. */
export function takeSnapshot(views: readonly Attacked[]): unknown {
  return { version: 1, views: views.map((view) => view.save() ?? null) };
}

/** Puts a snapshot on the views; says whether there was one. */
export function showSnapshot(snapshot: unknown, views: readonly Attacked[]): boolean {
  const saved = snapshot as { version?: number; views?: (Saved | null)[] } | null | undefined;
  if (saved?.version !== 1 || !Array.isArray(saved.views)) return false;
  let shown = false;
  saved.views.forEach((entry, place) => {
    if (entry === null) return;
    views[place]?.restore(entry);
    shown = true;
  });
  return shown;
}
