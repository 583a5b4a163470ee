import { h, on, uniqueId } from "../dom";
import { type Item, Menu, type Section } from "./menu";

/** With more items than this, a menu also offers to search. */
const MANY = 40;
const SEARCH = "search …";

/** A menu of named things, which many of them make searchable by a part of their name. */
export class SearchMenu {
  readonly element: HTMLElement;
  readonly #menu: Menu;
  readonly #search: HTMLInputElement;
  readonly #list: HTMLDataListElement;
  #all: readonly Item[] = [];
  #sections: readonly Section[] = [];
  #groups: readonly Section[] | undefined;
  #words = "";
  #value = "";

  constructor(
    label: string,
    thing: string,
    private readonly choose: (value: string) => void,
    signal: AbortSignal,
  ) {
    this.#menu = new Menu(label, (value) => this.#chosen(value), signal);
    this.#list = h("datalist", { id: uniqueId("search") });
    this.#search = h("input", {
      type: "search",
      list: this.#list.id,
      placeholder: `search a ${thing}`,
      "aria-label": `${label}: search`,
      autocomplete: "off",
      hidden: true,
    });
    this.element = h("span", { class: "xai-search" }, this.#menu.element, this.#search, this.#list);
    on(this.#search, "focus", signal, () =>
      this.#list.replaceChildren(...this.#all.map(({ label: name }) => h("option", { value: name }))),
    );
    on(this.#search, "input", signal, () =>
      this.#found(this.#all.find(({ label: name }) => name === this.#search.value)),
    );
    on(this.#search, "keydown", signal, (event) => {
      if (event.key === "Escape") {
        event.preventDefault();
        this.#close();
      }
      if (event.key === "Enter") this.#found(this.#nearest());
    });
    on(this.#search, "blur", signal, () => this.#close(false));
  }

  /**
   * Shows which value is chosen, of `first` (without a heading), and of `groups`, the last of which can be searched.
   * The menu is rebuilt only where other groups or other words are given.
   */
  show(value: string, first: readonly Item[], groups: readonly Section[]): void {
    const words = first.map(({ label }) => label).join();
    if (groups !== this.#groups || words !== this.#words) {
      this.#groups = groups;
      this.#words = words;
      this.#all = groups.at(-1)?.items ?? [];
      const extra = this.#all.length > MANY ? [{ value: SEARCH, label: SEARCH }] : [];
      this.#sections = [{ heading: null, items: [...first, ...extra] }, ...groups];
    }
    this.#value = value;
    this.#menu.show(this.#sections, value);
  }

  #chosen(value: string): void {
    if (value === SEARCH) this.#open();
    else this.choose(value);
  }

  #nearest(): Item | undefined {
    const typed = this.#search.value.trim().toLowerCase();
    return typed === "" ? undefined : this.#all.find(({ label }) => label.toLowerCase().includes(typed));
  }

  #found(item: Item | undefined): void {
    if (item === undefined) return;
    this.#close();
    this.choose(item.value);
  }

  #open(): void {
    this.#menu.element.hidden = true;
    this.#search.hidden = false;
    this.#search.value = "";
    this.#search.focus();
  }

  #close(focus = true): void {
    if (this.#search.hidden) return;
    this.#search.hidden = true;
    this.#menu.element.hidden = false;
    this.#menu.element.value = this.#value;
    if (focus) this.#menu.element.focus();
  }
}
