import { h } from "../shared/dom";
import { card } from "../shared/explanation/card";
import { curtain } from "../shared/explanation/curtain";
import { displayPanel, methodPanel } from "../shared/explanation/panel";
import { opened } from "./opened";
import { metricPanel } from "./panel";
import { readout } from "./readout";
import type { RankScene } from "./scene";
import { sentence } from "./sentence";
import type { RankStore } from "./store";
import { table } from "./table";

/** One view of a ranker. Whatever it listens to ends with `signal`; who made it takes the element away. */
export function view(store: RankStore, signal: AbortSignal): HTMLElement {
  const divider = curtain({ store, signal }, [["picture", "picture"]]);
  const scene: RankScene = { store, signal, curtain: divider };
  return card(scene, {
    name: "Ranker",
    kind: "xai-ranker",
    sentence: sentence(scene),
    stage: h("div", {}, h("div", { class: "xai-ranking xai-shown" }, table(scene), opened(scene))),
    settings: [metricPanel(scene), methodPanel(scene), displayPanel(scene, [divider.control])],
    readout: readout(scene),
    steps: ["Click a cell: its worst picture opens.", "Drag on: from the worst to the best."],
    curtain: divider,
  });
}
