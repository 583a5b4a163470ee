import { h, write } from "../shared/dom";
import { meaning } from "../shared/explanation/meaning";
import { ProgressLine } from "../shared/explanation/progress_line";
import { count } from "../shared/words";
import type { AttackScene } from "./scene";
import type { AttackStore } from "./store";

/** What a screen reader says when the attacks are finished. */
export function spokenResult({ catalogue, views }: AttackStore): string {
  return views
    .flatMap(({ frame }, view) => {
      const name = catalogue.models[view];
      return frame === undefined ? [] : [`${name ? `${name}: ` : ""}${frame.headline}, ${frame.detail}.`];
    })
    .join(" ");
}

/** The line below: how far it is, in words, what the colours mean, and a button to stop. */
export function readout(scene: AttackScene): HTMLElement {
  const { store, signal } = scene;
  const passes = h("span", { class: "xai-fact" });
  const line = new ProgressLine({ store, signal }, [meaning(scene)], [passes]);
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
          ? "still attacking"
          : "finished";
    line.show({ evaluations, planned, words: frames.length === 0 && !failed ? "" : words });
    write(passes, frames.length === 0 ? "" : `${evaluations} of ${count(planned, "pass", "passes")}`);
    if (!running && frames.length === store.views.length) line.speak(spokenResult(store));
  };
  store.signals.follow(["frames"], show, signal);
  return line.element;
}
