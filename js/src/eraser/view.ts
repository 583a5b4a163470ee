import { h, style } from "../shared/dom";
import { card } from "../shared/explanation/card";
import { displayPanel, methodPanel } from "../shared/explanation/panel";
import { pointing } from "../shared/explanation/pointing";
import { renewals } from "../shared/signals";
import { Column } from "./column";
import { curves } from "./curves";
import { erasingPanel } from "./panel";
import { readout } from "./readout";
import type { EraserScene } from "./scene";
import { sentence } from "./sentence";
import type { EraserStore } from "./store";

/** One view of an eraser. Whatever it listens to ends with `signal`; who made it takes the element away. */
export function view(store: EraserStore, signal: AbortSignal): HTMLElement {
  const scene: EraserScene = { store, signal };
  const row = h("div", { class: "xai-remains xai-shown", role: "group", "aria-label": "Maps" });
  const renewed = renewals(signal);
  let columns: Column[] = [];
  const show = (): void => {
    if (columns.length !== store.views.length) {
      const own = renewed();
      const maps = { store, signal: own, ...pointing(own) };
      columns = store.views.map((_, place) => new Column(maps, place));
      row.replaceChildren(...columns.map(({ element }) => element));
      style(row, { "--xai-maps": columns.length });
    }
    const { width = 1, height = 1 } = store.catalogue.pictures[store.question.index] ?? {};
    style(row, { "--xai-width": width, "--xai-height": height });
    for (const column of columns) column.show();
  };
  store.signals.follow(["frames", "question", "display"], show, signal);
  return card(scene, {
    name: "Eraser",
    kind: "xai-eraser",
    sentence: sentence(scene),
    stage: h("div", {}, row, curves(scene)),
    settings: [erasingPanel(scene), methodPanel(scene), displayPanel(scene)],
    readout: readout(scene),
    steps: ["Drag: pictures go in the order of their maps.", "Whose line falls first is right."],
  });
}
