import { h } from "../shared/dom";
import { card } from "../shared/explanation/card";
import { optionsPanel } from "../shared/explanation/options_panel";
import { bars } from "./bars";
import { cloud } from "./cloud";
import { readout } from "./readout";
import type { WithoutScene } from "./scene";
import { sentence } from "./sentence";
import type { WithoutStore } from "./store";

/** One view of columns that are left out. Whatever it listens to ends with `signal`; who made it takes the element away. */
export function view(store: WithoutStore, signal: AbortSignal): HTMLElement {
  const scene: WithoutScene = { store, signal };
  return card(scene, {
    name: "Without",
    kind: "xai-withholder",
    sentence: sentence(scene),
    stage: h("div", {}, h("div", { class: "xai-absences xai-shown" }, cloud(scene), bars(scene))),
    settings: [optionsPanel(scene)],
    readout: readout(scene),
    steps: ["Drag the correlation.", "Look which bars follow."],
  });
}
