import { Menu } from "../shared/controls/menu";
import { h } from "../shared/dom";
import type { UnitsScene } from "./scene";

/** The line on top: which unit of which layer. */
export function sentence({ store, signal }: UnitsScene): HTMLElement {
  const layers = new Menu("Layer", (layer) => store.decide({ layer }), signal);
  const items = [{ heading: null, items: store.catalogue.layers.map((value) => ({ value, label: value })) }];
  const units = new Menu("Unit", (unit) => store.open(Number(unit)), signal);
  let count = -1;
  let numbers: { heading: null; items: { value: string; label: string }[] }[] = [];
  const show = (): void => {
    const { layer } = store.question;
    const { header } = store.seen;
    if (header !== undefined && header.units !== count) {
      count = header.units;
      numbers = [
        { heading: null, items: Array.from({ length: count }, (_, one) => ({ value: `${one}`, label: `${one}` })) },
      ];
    }
    layers.show(items, layer);
    units.show(numbers, String(store.unit ?? 0));
  };
  store.signals.follow(["question", "frames"], show, signal);
  const part = h(
    "span",
    { class: "xai-part" },
    h("span", {}, "What does unit"),
    units.element,
    h("span", {}, "of"),
    layers.element,
    h("span", {}, "respond to?"),
  );
  return h("div", { class: "xai-sentence" }, part);
}
