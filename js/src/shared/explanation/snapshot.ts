import { pack, unpack } from "../bytes";
import type { FrameMessage, Header } from "../protocol";
import type { ViewState } from "./view_state";

interface Saved extends Omit<FrameMessage, "header"> {
  header: Header | null;
  scale: number;
  data: string;
}

/** The last pictures as JSON, so that a saved or reopened page has something to show before, or without, a kernel. */
export interface Snapshot {
  version: 1;
  frames: Saved[];
}

export function takeSnapshot(views: readonly ViewState[]): Snapshot {
  const frames = views.flatMap(({ frame, header }) => {
    if (frame === undefined) return [];
    const { map, ...message } = frame;
    return [{ ...message, header: header ?? null, ...pack(map) }];
  });
  return { version: 1, frames };
}

/** How many views a snapshot is of. */
export function snapshotViews(snapshot: unknown): number {
  const frames = (snapshot as Partial<Snapshot> | null | undefined)?.frames;
  return Array.isArray(frames) ? Math.max(0, ...frames.map(({ view, views }) => views ?? view + 1)) : 0;
}

/** Puts a snapshot on the views, older than anything a kernel will send; says whether there was one. */
export function showSnapshot(snapshot: unknown, views: readonly ViewState[]): boolean {
  const saved = snapshot as Partial<Snapshot> | null | undefined;
  if (saved?.version !== 1 || !Array.isArray(saved.frames)) return false;
  let shown = false;
  for (const { scale, data, ...message } of saved.frames) {
    const frame = { ...message, generation: Number.NEGATIVE_INFINITY, map: unpack({ scale, data }) };
    shown = views[message.view]?.take(frame) || shown;
  }
  return shown;
}
