import { Menu } from "../shared/controls/menu";
import { h } from "../shared/dom";
import { methodPicker } from "../shared/explanation/methods";
import type { DictionaryScene } from "./scene";

/** The line on top: which layer is taken apart, and how. */
export function sentence(scene: DictionaryScene): HTMLElement {
  const { store, signal } = scene;
  const layers = new Menu("Layer", (layer) => store.decide({ layer }), signal);
  const items = [{ heading: null, items: store.catalogue.layers.map((value) => ({ value, label: value })) }];
  store.signals.follow(["question"], () => layers.show(items, store.question.layer), signal);
  const of = h("span", { class: "xai-part" }, h("span", {}, "Of which features is"), layers.element, "made?");
  const by = h("span", { class: "xai-part" }, methodPicker(scene, "How the layer is taken apart").element);
  return h("div", { class: "xai-sentence" }, of, by);
}
