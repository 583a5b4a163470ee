import type { Item, Section } from "../controls/menu";
import { SearchMenu } from "../controls/search_menu";
import type { Prediction } from "../protocol";

/** The menu of classes: none in particular first, then the top classes of the picture, then all of them. */
export class ClassMenu {
  readonly #menu: SearchMenu;
  readonly #all: readonly Item[];
  #key = "";
  #first: readonly Item[] = [];
  #groups: readonly Section[] = [];

  constructor(label: string, classes: readonly string[], choose: (index: number | null) => void, signal: AbortSignal) {
    this.#all = classes.map((name, index) => ({ value: String(index), label: name }));
    this.#menu = new SearchMenu(label, "class", (value) => choose(value === "" ? null : Number(value)), signal);
  }

  get element(): HTMLElement {
    return this.#menu.element;
  }

  /** Shows which class is chosen; `none` says in words what no class in particular means. */
  show(value: number | null, none: string, top: readonly Prediction[], without: number | null): void {
    const key = JSON.stringify([none, top.map(({ index }) => index), without]);
    if (key !== this.#key) {
      this.#key = key;
      const items = (entries: readonly Item[]): Item[] =>
        entries.map((item) => ({ ...item, disabled: item.value === String(without) }));
      const tops = top.filter(({ index }) => this.#all[index] !== undefined);
      this.#first = [{ value: "", label: none }];
      this.#groups = [
        { heading: "Top classes", items: items(tops.map(({ index }) => this.#all[index] as Item)) },
        { heading: "All classes", items: items(this.#all) },
      ];
    }
    this.#menu.show(value === null ? "" : String(value), this.#first, this.#groups);
  }
}

/** The menu of the class that is explained, as the sentences of several widgets have it. */
export function targetMenu({
  store,
  signal,
}: {
  store: {
    readonly catalogue: { readonly classes: readonly string[] };
    choose(change: { target: number | null }): void;
  };
  signal: AbortSignal;
}): ClassMenu {
  return new ClassMenu("Class explained", store.catalogue.classes, (target) => store.choose({ target }), signal);
}
