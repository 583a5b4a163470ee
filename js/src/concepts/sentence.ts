import { Menu } from "../shared/controls/menu";
import { SearchMenu } from "../shared/controls/search_menu";
import { h } from "../shared/dom";
import type { ConceptScene } from "./scene";

/** The line on top: which concept at which layer, and which class it adds to. */
export function sentence({ store, signal }: ConceptScene): HTMLElement {
  const { concepts, layers, classes } = store.catalogue;
  const sections = (names: readonly string[]) => [
    { heading: null, items: names.map((value) => ({ value, label: value })) },
  ];
  const [named, placed] = [sections(concepts.map(({ name }) => name)), sections(layers)];
  const all = [{ heading: null, items: classes.map((label, index) => ({ value: String(index), label })) }];
  const concept = new Menu("Concept", (value) => store.choose({ concept: value }), signal);
  const layer = new Menu("Layer", (value) => store.choose({ layer: value }), signal);
  const target = new SearchMenu("Class", "class", (value) => store.choose({ target: Number(value) }), signal);
  const show = (): void => {
    concept.show(named, store.question.concept);
    layer.show(placed, store.question.layer);
    target.show(String(store.question.target), [], all);
  };
  store.signals.follow(["question"], show, signal);
  const part = (word: string, control: HTMLElement): HTMLElement =>
    h("span", { class: "xai-part" }, h("span", {}, word), control);
  return h(
    "div",
    { class: "xai-sentence" },
    part("What does", concept.element),
    part("at", layer.element),
    part("add to", target.element),
  );
}
