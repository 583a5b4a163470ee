import { Menu } from "../shared/controls/menu";
import { h } from "../shared/dom";
import type { RepresentScene } from "./scene";

/** The line on top: which networks, by which index. */
export function sentence({ store, signal }: RepresentScene): HTMLElement {
  const { networks, methods } = store.catalogue;
  const items = [{ heading: null, items: networks.map((value) => ({ value, label: value })) }];
  const indices = [{ heading: null, items: methods.map(({ name, label }) => ({ value: name, label })) }];
  const one = new Menu("The network whose layers are the rows", (name) => store.decide({ one: name }), signal);
  const other = new Menu("The network whose layers are the columns", (name) => store.decide({ other: name }), signal);
  const index = new Menu("Index", (name) => store.chooseMethod(name), signal);
  const show = (): void => {
    one.show(items, store.question.one);
    other.show(items, store.question.other);
    index.show(indices, store.question.method);
    index.element.title = store.method.sentence;
  };
  store.signals.follow(["question"], show, signal);
  const several = networks.length > 1;
  const whose = several
    ? [h("span", {}, "How alike are the layers of"), one.element, h("span", {}, "and"), other.element]
    : [h("span", {}, "How alike are the layers")];
  const by = h("span", { class: "xai-part" }, h("span", {}, "by"), index.element, h("span", {}, "?"));
  return h("div", { class: "xai-sentence" }, h("span", { class: "xai-part" }, ...whose), by);
}
