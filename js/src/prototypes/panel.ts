import { Menu } from "../shared/controls/menu";
import { h } from "../shared/dom";
import type { PrototypeScene } from "./scene";

/** What else can be chosen: the layer whose units are the prototypes. */
export function settings({ store, signal }: PrototypeScene): HTMLElement {
  const layer = new Menu("Layer", (name) => store.decide({ layer: name }), signal);
  const show = (): void => {
    const { network, layer: chosen } = store.question;
    const items = (store.catalogue.networks[network] ?? []).map((value) => ({ value, label: value }));
    layer.show([{ heading: null, items }], chosen);
  };
  store.signals.follow(["question"], show, signal);
  const label = h("label", { class: "xai-control" }, h("span", {}, "Prototypes are the units of"), layer.element);
  return h("section", {}, h("h3", {}, "Prototypes"), label);
}
