import { h } from "../shared/dom";
import { card } from "../shared/explanation/card";
import { channels } from "./channels";
import { classes } from "./classes";
import { layers } from "./layers";
import { likeness } from "./likeness";
import { networks } from "./networks";
import { settings } from "./panel";
import { picture } from "./picture";
import { readout } from "./readout";
import { roughness } from "./roughness";
import type { ExciteScene } from "./scene";
import { sentence } from "./sentence";
import type { ExciteStore } from "./store";

/** One view of an exciter. Whatever it listens to ends with `signal`; who made it takes the element away. */
export function view(store: ExciteStore, signal: AbortSignal): HTMLElement {
  const scene: ExciteScene = { store, signal };
  const asked = h("div", { class: "xai-excite-side" }, layers(scene), classes(scene), channels(scene));
  const known = h("div", { class: "xai-excite-side" }, likeness(scene), networks(scene), roughness(scene));
  const shown = h("div", { class: "xai-excitement xai-shown" }, asked, picture(scene), known);
  const root = card(scene, {
    name: "Exciter",
    kind: "xai-exciter",
    sentence: sentence(scene),
    stage: h("div", {}, shown),
    settings: [settings(scene)],
    readout: readout(scene),
    steps: ["Click a class or a channel: its picture grows.", "Drag the slider: it grows anew."],
  });
  const body = root.querySelector(".xai-body");
  const strip = root.querySelector(".xai-thumbnails");
  const show = (): void => {
    shown.classList.toggle("xai-excite-inverts", store.inverts);
    // The pictures that were given are for what begins with one of them.
    if (!store.inverts && store.question.start === "noise") strip?.remove();
    else if (strip !== null && strip.parentElement === null) body?.prepend(strip);
  };
  store.signals.follow(["question"], show, signal);
  return root;
}
