import { h } from "../shared/dom";
import { adder } from "../shared/explanation/adding";
import { card } from "../shared/explanation/card";
import { optionsPanel } from "../shared/explanation/options_panel";
import { effects } from "./effects";
import { examples } from "./examples";
import { readout } from "./readout";
import type { ConceptScene } from "./scene";
import { sentence } from "./sentence";
import { steering } from "./steering";
import type { ConceptStore } from "./store";

/** One view of a concept tester. Whatever it listens to ends with `signal`; who made it takes the element away. */
export function view(store: ConceptStore, signal: AbortSignal): HTMLElement {
  const scene: ConceptScene = { store, signal };
  const { adds } = store.catalogue;
  const adding = adds ? adder(store, adds, signal) : undefined;
  const tiles = adding === undefined ? [] : [adding.tiles];
  const parts = h("div", { class: "xai-testing xai-shown" }, examples(scene, tiles), effects(scene), steering(scene));
  const root = card(scene, {
    name: "Concept tester",
    kind: "xai-concepts",
    sentence: sentence(scene),
    stage: h("div", {}, parts, ...(adding === undefined ? [] : [adding.notice])),
    settings: [optionsPanel(scene)],
    readout: readout(scene),
    steps: ["Drag Layer: the effect follows.", "Click a picture: it goes out.", "Drag Steps: the classes follow."],
    strip: false,
  });
  adding?.listen(root);
  return root;
}
