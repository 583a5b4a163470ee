import { Menu } from "../shared/controls/menu";
import { h } from "../shared/dom";
import type { OptionEntry } from "../shared/protocol";
import type { InterveneScene } from "./scene";

/** The line on top: what is done here, and how the next concept is found. */
export function sentence({ store, signal }: InterveneScene): HTMLElement {
  const [criterion] = store.method.options as readonly [OptionEntry];
  const { name, label, sentence: words, choices, labels } = criterion;
  const items = [{ heading: null, items: (choices ?? []).map((value) => ({ value, label: labels[value] ?? value })) }];
  const menu = new Menu(label, (value) => store.decide({ options: { [name]: value } }), signal);
  const show = (): void => {
    menu.show(items, String(store.question.options[name]));
    menu.element.title = words;
  };
  store.signals.follow(["question"], show, signal);
  const by = h("span", { class: "xai-part" }, h("span", {}, "Ask next by"), menu.element);
  return h(
    "div",
    { class: "xai-sentence" },
    h("span", { class: "xai-part" }, h("span", {}, "What if the concepts were others?")),
    by,
  );
}
