import { Menu, type Section } from "../shared/controls/menu";
import { h } from "../shared/dom";
import { shortNames } from "../shared/explanation/classes_shown";
import { same } from "../shared/same";
import type { PrototypeScene } from "./scene";

/** What stands for a class that follows from the picture. */
const FOLLOWS = "follows";

/** The line on top: why this class and not that one, in which network. */
export function sentence({ store, signal }: PrototypeScene): HTMLElement {
  const { classes, models } = store.catalogue;
  const names = shortNames(classes);
  const menu = (label: string, trait: "target" | "contrast", follows: string) => {
    const control = new Menu(
      label,
      (value) => store.decide({ [trait]: value === FOLLOWS ? null : Number(value) }),
      signal,
    );
    let built: string | undefined;
    let items: Section[] = [];
    return {
      control,
      show(index: number | undefined) {
        const name = index === undefined ? follows : `${follows}: ${names[index] ?? ""}`;
        if (name !== built) {
          built = name;
          items = [
            { heading: null, items: [{ value: FOLLOWS, label: name }] },
            { heading: "A class", items: names.map((item, place) => ({ value: String(place), label: item })) },
          ];
        }
        control.show(items, String(store.question[trait] ?? FOLLOWS));
      },
    };
  };
  const target = menu("Class", "target", "its answer");
  const contrast = menu("The class beside it", "contrast", "the next");
  const network = new Menu("Network", (name) => store.decide({ network: name }), signal);
  const networks = [{ heading: null, items: models.map((value) => ({ value, label: value })) }];
  const beside = h("span", { class: "xai-part" }, h("span", {}, "and not"), contrast.control.element);
  let shown: unknown;
  const show = (): void => {
    const { target: first, contrast: second } = store.seen.frame ?? {};
    const now = [first, second, store.question];
    if (same(now, shown)) return;
    shown = now;
    target.show(first);
    contrast.show(second);
    network.show(networks, store.question.network);
    beside.hidden = classes.length < 2;
  };
  store.signals.follow(["question", "frames"], show, signal);
  const part = h("span", { class: "xai-part" }, h("span", {}, "Why"), target.control.element);
  const parts = [part, beside];
  if (models.length > 1) parts.push(h("span", { class: "xai-part" }, h("span", {}, "in"), network.element));
  return h("div", { class: "xai-sentence" }, ...parts);
}
