import { h, write } from "../shared/dom";
import { meaning } from "../shared/explanation/meaning";
import { ProgressLine } from "../shared/explanation/progress_line";
import { count, score } from "../shared/words";
import type { EraserScene } from "./scene";
import type { EraserStore } from "./store";

/** What a screen reader says when the curves are finished. */
export function spokenResult({ views, question }: EraserStore): string {
  const better = question.way === "erase" ? "smaller" : "larger";
  const areas = views.flatMap(({ frame, header }) =>
    frame === undefined || frame.area === null ? [] : [`${header?.title ?? ""} ${score(frame.area)}`],
  );
  return `Areas under the curves, ${better} is better: ${areas.join(", ")}.`;
}

/** The line below: how far it is, and on demand the figures. */
export function readout({ store, signal }: EraserScene): HTMLElement {
  const passes = h("span", { class: "xai-fact" });
  const areas = h("span", { class: "xai-fact" });
  const apart = h("span", {
    class: "xai-fact",
    title: "How far the least relevant first lies above the most relevant first, on average (ABPC): larger is better.",
  });
  const line = new ProgressLine({ store, signal }, [meaning({ store, signal })], [passes, areas, apart]);
  const show = (): void => {
    const { current, running } = store;
    const frames = current.flatMap(({ frame }) => (frame === undefined ? [] : [frame]));
    const evaluations = frames.reduce((sum, frame) => sum + frame.evaluations, 0);
    const planned = frames.reduce((sum, frame) => sum + frame.planned, 0);
    const failed = store.error !== null && !running;
    const stopped = frames.some((frame) => frame.stopped);
    const words = failed
      ? "failed"
      : stopped
        ? `stopped at ${evaluations} of ${planned}`
        : running
          ? "curves fill in"
          : "finished";
    line.show({ evaluations, planned, words: frames.length === 0 && !failed ? "" : words });
    write(passes, frames.length === 0 ? "" : `${evaluations} of ${count(planned, "pass", "passes")}`);
    write(areas, frames.some(({ area }) => area === null) ? "" : spokenResult(store));
    const gaps = store.views.flatMap(({ frame, header }) =>
      typeof frame?.apart === "number" ? [`${header?.title ?? ""} ${score(frame.apart)}`] : [],
    );
    write(apart, gaps.length === 0 ? "" : `orders apart: ${gaps.join(", ")}`);
    if (!running && !stopped && frames.length === store.views.length) line.speak(spokenResult(store));
  };
  store.signals.follow(["frames", "question"], show, signal);
  return line.element;
}
