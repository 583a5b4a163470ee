import { h, write } from "../shared/dom";
import { ProgressLine } from "../shared/explanation/progress_line";
import { count } from "../shared/words";
import type { RandomiseScene } from "./scene";
import type { RandomiseStore } from "./store";
import { alikeWords } from "./words";

/** What a screen reader says when all is known. */
export function spokenResult(store: RandomiseStore): string {
  const { depth, measure } = store.question;
  const each = store.views.flatMap(({ frame, header }) =>
    frame === undefined || header === undefined
      ? []
      : [`${header.title}: ${alikeWords(frame.likeness[measure], depth)}.`],
  );
  return [`${store.resetAt(depth)}.`, ...each].join(" ");
}

/** The line below: how far it is, in words, and a button to stop. */
export function readout({ store, signal }: RandomiseScene): HTMLElement {
  const passes = h("span", { class: "xai-fact" });
  const line = new ProgressLine({ store, signal }, [], [passes]);
  const show = (): void => {
    const { current, running } = store;
    const frames = current.flatMap(({ frame }) => (frame === undefined ? [] : [frame]));
    const evaluations = frames.reduce((sum, frame) => sum + frame.evaluations, 0);
    const planned = frames.reduce((sum, frame) => sum + frame.planned, 0);
    const stopped = frames.some((frame) => frame.stopped);
    const failed = store.error !== null && !running;
    const words = failed
      ? "failed"
      : stopped
        ? `stopped at ${evaluations} of ${planned}`
        : running
          ? "curves still growing"
          : "finished";
    line.show({ evaluations, planned, words: frames.length === 0 && !failed ? "" : words });
    write(passes, frames.length === 0 ? "" : `${evaluations} of ${count(planned, "pass", "passes")}`);
    if (!running && frames.length === store.views.length) line.speak(spokenResult(store));
  };
  store.signals.follow(["frames"], show, signal);
  return line.element;
}
