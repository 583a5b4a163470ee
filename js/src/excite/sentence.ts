import { Menu, type Section } from "../shared/controls/menu";
import { h, write } from "../shared/dom";
import type { ExciteScene } from "./scene";

/** What stands for the channel in the menu of classes. */
const CHANNEL = "channel";

function sections(names: readonly string[]): Section[] {
  return [{ heading: null, items: names.map((value) => ({ value, label: value })) }];
}

/** The line on top: what moves the picture, towards what, in which network. */
export function sentence({ store, signal }: ExciteScene): HTMLElement {
  const { methods, classes, models, networks } = store.catalogue;
  const method = new Menu("Method", (name) => store.chooseMethod(name), signal);
  const items = [{ heading: null, items: methods.map(({ name, label }) => ({ value: name, label })) }];
  const goal = new Menu(
    "What is excited",
    (value) => {
      if (value === CHANNEL) store.exciteChannel(0);
      else store.exciteClass(Number(value));
    },
    signal,
  );
  const goals = [
    { heading: "A class", items: classes.map((label, index) => ({ value: String(index), label })) },
    { heading: "A channel", items: [{ value: CHANNEL, label: "channel" }] },
  ];
  const layer = new Menu("Layer", (name) => store.decide({ layer: name }), signal);
  const network = new Menu("Network", (name) => store.decide({ network: name }), signal);
  const layersOf = new Map(Object.entries(networks).map(([name, layers]) => [name, sections(layers)]));
  const all = sections(models);
  const number = h("span");
  const of = h("span", {}, "of");
  const show = (): void => {
    const { question, inverts } = store;
    const { channel } = question;
    method.show(items, store.method.name);
    goal.show(goals, channel === null ? String(question.target) : CHANNEL);
    layer.show(layersOf.get(question.network) ?? [], question.layer);
    network.show(all, question.network);
    goal.element.hidden = inverts;
    write(number, channel === null ? "" : String(channel));
    number.hidden = inverts || channel === null;
    of.hidden = number.hidden;
    place.hidden = !inverts && channel === null;
  };
  const part = (...children: (HTMLElement | string)[]): HTMLElement => h("span", { class: "xai-part" }, ...children);
  const place = part(number, of, layer.element);
  store.signals.follow(["question"], show, signal);
  const parts = [part(method.element, h("span", {}, "of"), goal.element), place];
  if (models.length > 1) parts.push(part(h("span", {}, "in"), network.element));
  return h("div", { class: "xai-sentence" }, ...parts);
}
