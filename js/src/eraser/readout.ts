import { h, write } from "../shared/dom";
import { meaning } from "../shared/explanation/meaning";
import { passesLine } from "../shared/explanation/passes";
import { score } from "../shared/words";
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
export function readout(scene: EraserScene): HTMLElement {
  const { store } = scene;
  const areas = h("span", { class: "xai-fact" });
  const apart = h("span", {
    class: "xai-fact",
    title: "How far the least relevant first lies above the most relevant first, on average (ABPC): larger is better.",
  });
  const also = (): void => {
    write(
      areas,
      store.views.some(({ frame }) => frame === undefined || frame.area === null) ? "" : spokenResult(store),
    );
    const gaps = store.views.flatMap(({ frame, header }) =>
      typeof frame?.apart === "number" ? [`${header?.title ?? ""} ${score(frame.apart)}`] : [],
    );
    write(apart, gaps.length === 0 ? "" : `orders apart: ${gaps.join(", ")}`);
  };
  return passesLine(scene, {
    running: "curves fill in",
    aside: [meaning(scene)],
    figures: [areas, apart],
    spoken: () => spokenResult(store),
    also,
  });
}
