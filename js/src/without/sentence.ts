import { Menu } from "../shared/controls/menu";
import { h } from "../shared/dom";
import type { WithoutScene } from "./scene";

/** What stands for the top class in the menu of classes. */
const TOP = "top";

/** The line on top: which class, in which network, and which columns go together. */
export function sentence({ store, signal }: WithoutScene): HTMLElement {
  const { classes, networks, columns } = store.catalogue;
  const listed = (names: readonly string[]) => names.map((label, place) => ({ value: String(place), label }));
  const goals = [{ heading: null, items: [{ value: TOP, label: "its top class" }, ...listed(classes)] }];
  const all = [{ heading: null, items: networks.map((value) => ({ value, label: value })) }];
  const names = [{ heading: null, items: listed(columns ?? []) }];
  const goal = new Menu("Class", (value) => store.choose({ target: value === TOP ? null : Number(value) }), signal);
  const network = new Menu("Network", (value) => store.choose({ network: value }), signal);
  const first = new Menu("The column that stays", (value) => store.decide({ first: Number(value) }), signal);
  const second = new Menu("The column that goes along", (value) => store.decide({ second: Number(value) }), signal);
  const show = (): void => {
    const { target, network: name, first: one, second: other } = store.question;
    goal.show(goals, target === null ? TOP : String(target));
    network.show(all, name);
    first.show(names, String(one));
    second.show(names, String(other));
  };
  store.signals.follow(["question"], show, signal);
  const part = (...children: HTMLElement[]): HTMLElement => h("span", { class: "xai-part" }, ...children);
  const words = (text: string): HTMLElement => h("span", {}, text);
  return h(
    "div",
    { class: "xai-sentence" },
    part(words("What each column brings to"), classes.length > 1 ? goal.element : words(classes[0] ?? "")),
    ...(networks.length > 1 ? [part(words("in"), network.element)] : []),
    part(words("where"), first.element, words("and"), second.element),
    part(words("go together")),
  );
}
