import { h, write } from "../dom";
import type { Progress } from "../protocol";
import { count } from "../words";
import type { Asked, LiveStore } from "./live_store";
import { ProgressLine } from "./progress_line";

/** What a line on the passes of all views says. */
interface Said {
  /** While they are computed: "still attacking". */
  readonly running: string;
  /** What stands beside the words, and below them when the figures are asked for. */
  readonly aside?: readonly HTMLElement[];
  readonly figures?: readonly HTMLElement[];
  /** What a screen reader says when all is finished. */
  spoken(): string;
  /** Shows what else there is. */
  also?(): void;
}

/** The line below a card whose views are all computed together: how far they are, and a button to stop. */
export function passesLine<View extends { frame: Progress | undefined }>(
  { store, signal }: { store: LiveStore<Asked, View>; signal: AbortSignal },
  said: Said,
): HTMLElement {
  const passes = h("span", { class: "xai-fact" });
  const line = new ProgressLine({ store, signal }, said.aside ?? [], [passes, ...(said.figures ?? [])]);
  const show = (): void => {
    const { current, running } = store;
    const frames = current.flatMap(({ frame }) => frame ?? []);
    const evaluations = frames.reduce((sum, frame) => sum + frame.evaluations, 0);
    const planned = frames.reduce((sum, frame) => sum + frame.planned, 0);
    const failed = store.error !== null && !running;
    const stopped = frames.some((frame) => frame.stopped);
    const done = stopped ? `stopped at ${evaluations} of ${planned}` : running ? said.running : "finished";
    line.show({ evaluations, planned, words: failed ? "failed" : frames.length === 0 ? "" : done });
    write(passes, frames.length === 0 ? "" : `${evaluations} of ${count(planned, "pass", "passes")}`);
    said.also?.();
    if (!running && frames.length === store.views.length) line.speak(said.spoken());
  };
  store.signals.follow(["frames"], show, signal);
  return line.element;
}
