import type { Item, Section } from "../controls/menu";
import { Menu } from "../controls/menu";
import { h, uniqueId } from "../dom";
import type { Prediction } from "./protocol";

/** With more classes than this, a menu also offers to search. */
const MANY = 40;
const SEARCH = "search";

/** The menu of classes: none in particular first, then the top classes of the picture, then all of them. */
export class ClassMenu {
  readonly element: HTMLElement;
  private readonly menu: Menu;
  private readonly search: HTMLInputElement;
  private readonly all: readonly Item[];
  private sections: readonly Section[] = [];
  private key = "";
  private value = "";

  constructor(
    label: string,
    classes: readonly string[],
    private readonly choose: (index: number | null) => void,
    signal: AbortSignal,
  ) {
    this.all = classes.map((name, index) => ({ value: String(index), label: name }));
    this.menu = new Menu(label, (value) => this.chosen(value), signal);
    const list = h("datalist", { id: uniqueId("classes") });
    this.search = h("input", {
      type: "search",
      list: list.id,
      placeholder: "search a class",
      "aria-label": `${label}: search`,
      autocomplete: "off",
      hidden: true,
    });
    this.element = h("span", { class: "xai-classes" }, this.menu.element, this.search, list);
    if (classes.length <= MANY) return;
    this.search.addEventListener(
      "focus",
      () => {
        if (list.childElementCount === 0) list.append(...classes.map((name) => h("option", { value: name })));
      },
      { signal },
    );
    this.search.addEventListener("input", () => this.found(classes.indexOf(this.search.value)), { signal });
    this.search.addEventListener(
      "keydown",
      (event) => {
        if (event.key === "Escape") {
          event.preventDefault();
          this.close();
        }
        if (event.key === "Enter") this.found(this.nearest());
      },
      { signal },
    );
    this.search.addEventListener("blur", () => this.close(false), { signal });
  }

  /** Shows which class is chosen; `none` says in words what no class in particular means. */
  show(value: number | null, none: string, top: readonly Prediction[], without: number | null): void {
    const key = JSON.stringify([none, top.map(({ index }) => index), without]);
    if (key !== this.key) {
      this.key = key;
      const items = (entries: readonly Item[]): Item[] =>
        entries.map((item) => ({ ...item, disabled: item.value === String(without) }));
      const first: Item[] = [{ value: "", label: none }];
      if (this.all.length > MANY) first.push({ value: SEARCH, label: "search …" });
      const tops = top.filter(({ index }) => this.all[index] !== undefined);
      this.sections = [
        { heading: null, items: first },
        { heading: "Top classes", items: items(tops.map(({ index }) => this.all[index] as Item)) },
        { heading: "All classes", items: items(this.all) },
      ];
    }
    this.value = value === null ? "" : String(value);
    this.menu.show(this.sections, this.value);
  }

  private chosen(value: string): void {
    if (value === SEARCH) this.open();
    else this.choose(value === "" ? null : Number(value));
  }

  private nearest(): number {
    const typed = this.search.value.trim().toLowerCase();
    return typed === "" ? -1 : this.all.findIndex(({ label }) => label.toLowerCase().includes(typed));
  }

  private found(index: number): void {
    if (index < 0) return;
    this.close();
    this.choose(index);
  }

  private open(): void {
    this.menu.element.hidden = true;
    this.search.hidden = false;
    this.search.value = "";
    this.search.focus();
  }

  private close(focus = true): void {
    if (this.search.hidden) return;
    this.search.hidden = true;
    this.menu.element.hidden = false;
    this.menu.element.value = this.value;
    if (focus) this.menu.element.focus();
  }
}
