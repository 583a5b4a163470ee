import { h, on } from "../shared/dom";
import { ownPanel } from "../shared/explanation/panel";
import type { EraserScene } from "./scene";

/** The settings of the erasing itself, and whether maps that know nothing stand beside the methods. */
export function erasingPanel(scene: EraserScene): HTMLElement {
  const { store, signal } = scene;
  const box = h("input", { type: "checkbox" });
  on(box, "change", signal, () => store.choose({ controls: box.checked }));
  const show = (): void => {
    box.checked = store.question.controls;
  };
  store.signals.follow(["question"], show, signal);
  const sentence = "Maps that know nothing of the network: what a method has to be better than.";
  const blind = h("label", { class: "xai-check", title: sentence }, box, "Random map and centre blob");
  const options = store.catalogue.erasing.filter(({ name }) => name !== "fill");
  return ownPanel(scene, options, "Erasing", "Settings of the erasing", [blind]);
}
