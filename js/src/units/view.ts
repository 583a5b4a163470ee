import { h } from "../shared/dom";
import { card } from "../shared/explanation/card";
import { optionsPanel } from "../shared/explanation/options_panel";
import { accuracy } from "./accuracy";
import { builder } from "./builder";
import { concepts } from "./concepts";
import { grid } from "./grid";
import { opened } from "./opened";
import { readout } from "./readout";
import type { UnitsScene } from "./scene";
import { sentence } from "./sentence";
import type { UnitsStore } from "./store";

/** One view of a dissector. Whatever it listens to ends with `signal`; who made it takes the element away. */
export function view(store: UnitsStore, signal: AbortSignal): HTMLElement {
  const scene: UnitsScene = { store, signal };
  const all = h("div", { class: "xai-units-side" }, grid(scene), concepts(scene));
  const one = h("div", { class: "xai-units-side" }, builder(scene), accuracy(scene));
  return card(scene, {
    name: "Dissector",
    kind: "xai-dissector",
    sentence: sentence(scene),
    stage: h("div", {}, h("div", { class: "xai-dissection xai-shown" }, all, opened(scene), one)),
    settings: [optionsPanel(scene, ["quantile"])],
    readout: readout(scene),
    steps: ["Click a unit: its pictures open.", "Build a formula: it is counted at once."],
    strip: false,
  });
}
