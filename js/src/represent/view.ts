import { h } from "../shared/dom";
import { card } from "../shared/explanation/card";
import { clouds } from "./clouds";
import { matrix, networkSlider } from "./matrix";
import { indexPanel } from "./panel";
import { readout } from "./readout";
import type { RepresentScene } from "./scene";
import { sentence } from "./sentence";
import type { RepresentStore } from "./store";

/** One view of a comparison of layers. Whatever it listens to ends with `signal`; who made it takes the element away. */
export function view(store: RepresentStore, signal: AbortSignal): HTMLElement {
  const scene: RepresentScene = { store, signal };
  const along = networkSlider(scene);
  const all = h("div", { class: "xai-represent-side" }, matrix(scene), ...(along === undefined ? [] : [along]));
  return card(scene, {
    name: "Representations",
    kind: "xai-representer",
    sentence: sentence(scene),
    stage: h("div", {}, h("div", { class: "xai-representing xai-shown" }, all, clouds(scene))),
    settings: [indexPanel(scene)],
    readout: readout(scene),
    steps: ["Click a cell: both layers open.", "Drag over a cloud: both are marked."],
    strip: false,
  });
}
