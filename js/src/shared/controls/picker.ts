import { attribute, h, on, uniqueId, write } from "../dom";
import { claim, isModified } from "../keys";
import { within } from "../within";

/** Something to choose, with what there is to read about it. */
export interface Entry {
  readonly value: string;
  readonly label: string;
  readonly sentence: string;
  readonly reference?: string | undefined;
  /** Why it cannot be chosen; empty where it can. */
  readonly refusal?: string | undefined;
}

/** Entries under a heading, and a sentence on what they have in common. */
export interface Group {
  readonly heading: string;
  readonly sentence: string;
  readonly entries: readonly Entry[];
}

interface Row {
  readonly entry: Entry;
  readonly element: HTMLElement;
  /** What is searched, in small letters. */
  readonly words: string;
}

const GAP = 4;
const MARGIN = 8;

/** A menu whose entries say what they are; a part of any word finds one. The list lies above the page, not in it. */
export class Picker {
  readonly element: HTMLElement;
  readonly #button: HTMLButtonElement;
  readonly #value: HTMLElement;
  readonly #search: HTMLInputElement;
  readonly #list: HTMLElement;
  readonly #nothing = h("p", { class: "xai-quiet", role: "status", hidden: true }, "Nothing is called so.");
  readonly #panel: HTMLElement;
  #groups: readonly Group[] | undefined;
  #sections: { readonly element: HTMLElement; readonly rows: readonly Row[] }[] = [];
  #chosen = "";
  #active: Row | undefined;

  constructor(
    label: string,
    private readonly choose: (value: string) => void,
    private readonly signal: AbortSignal,
    /** What stands on the button in place of what is chosen: it then adds something, and shows no choice. */
    private readonly words?: string,
  ) {
    const id = uniqueId("picker");
    this.#value = h("span", { class: "xai-picked" }, words ?? "");
    this.#button = h(
      "button",
      {
        type: "button",
        class: "xai-pick",
        role: words === undefined ? "combobox" : undefined,
        "aria-label": label,
        "aria-haspopup": "dialog",
        "aria-expanded": false,
        "aria-controls": id,
      },
      this.#value,
    );
    this.#list = h("div", { class: "xai-choices", role: "listbox", id: `${id}-list`, "aria-label": `${label}: list` });
    this.#search = h("input", {
      type: "search",
      role: "combobox",
      placeholder: "search by name, idea or author",
      autocomplete: "off",
      "aria-label": `${label}: search`,
      "aria-autocomplete": "list",
      "aria-controls": this.#list.id,
      "aria-expanded": true,
    });
    this.#panel = h(
      "div",
      { class: "xai-pop", id, role: "dialog", "aria-label": `${label}: menu`, popover: "manual", hidden: true },
      this.#search,
      this.#nothing,
      this.#list,
    );
    this.element = h("span", { class: "xai-picker" }, this.#button, this.#panel);
    this.#listen();
  }

  /** Shows which entry is chosen. The list is rebuilt only where other groups are given. */
  show(groups: readonly Group[], value: string): void {
    const changed = groups !== this.#groups;
    if (!changed && value === this.#chosen) return;
    this.#groups = groups;
    this.#chosen = value;
    if (changed) this.#build();
    const entries = groups.flatMap(({ entries: own }) => own);
    const entry = entries.find((one) => one.value === value);
    if (this.words === undefined) {
      write(this.#value, entry?.label ?? value);
      this.#button.title = entry?.sentence ?? "";
    }
    for (const { rows } of this.#sections) {
      for (const row of rows) attribute(row.element, "aria-selected", row.entry.value === value);
    }
    if (changed && !this.#panel.hidden) this.#filter();
  }

  get isOpen(): boolean {
    return !this.#panel.hidden;
  }

  #build(): void {
    this.#sections = (this.#groups ?? []).map(({ heading, sentence, entries }) => {
      const id = uniqueId("heading");
      const rows = entries.map((entry): Row => {
        const refused = (entry.refusal ?? "") !== "";
        const element = h(
          "div",
          {
            class: "xai-choice",
            role: "option",
            id: uniqueId("choice"),
            "data-value": entry.value,
            "aria-selected": false,
            "aria-disabled": refused || undefined,
          },
          h("b", {}, entry.label),
          ...(entry.reference ? [h("small", {}, entry.reference)] : []),
          h("span", {}, entry.sentence),
          ...(refused ? [h("span", { class: "xai-refusal" }, `Not here: ${entry.refusal}`)] : []),
        );
        const words = `${entry.label} ${entry.sentence} ${entry.reference ?? ""} ${heading}`.toLowerCase();
        return { entry, element, words };
      });
      const element = h(
        "div",
        { role: "group", "aria-labelledby": id },
        h("p", { class: "xai-family", id }, h("b", {}, heading), " ", h("span", {}, sentence)),
        ...rows.map((row) => row.element),
      );
      return { element, rows };
    });
    this.#list.replaceChildren(...this.#sections.map(({ element }) => element));
  }

  #listen(): void {
    const { signal } = this;
    on(this.#button, "click", signal, () => (this.isOpen ? this.#close() : this.#open()));
    on(this.#button, "keydown", signal, (event) => {
      const types = event.key.length === 1 && event.key !== " " && !isModified(event);
      if (event.key === "ArrowDown" || event.key === "ArrowUp") event.preventDefault();
      else if (!types) return;
      this.#open();
    });
    on(this.#search, "input", signal, () => this.#filter());
    on(this.#search, "keydown", signal, (event) => this.#key(event));
    on(this.#list, "pointermove", signal, (event) => this.#activate(this.#rowOf(event.target), false));
    // So that a click on the list leaves the focus where it is.
    on(this.#list, "pointerdown", signal, (event) => event.preventDefault());
    on(this.#list, "click", signal, (event) => this.#take(this.#rowOf(event.target)));
    on(this.#panel, "focusout", signal, (event) => {
      const to = event.relatedTarget;
      if (!(to instanceof Node && this.element.contains(to))) this.#close(false);
    });
    on(
      window,
      ["scroll", "resize"],
      signal,
      (event) => {
        if (this.isOpen && !(event.target instanceof Node && this.#panel.contains(event.target))) this.#place();
      },
      { capture: true, passive: true },
    );
  }

  #key(event: KeyboardEvent): void {
    const rows = this.#visible;
    const at = this.#active === undefined ? -1 : rows.indexOf(this.#active);
    const places: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + 5,
      PageUp: at - 5,
      Home: 0,
      End: rows.length - 1,
    };
    const place = places[event.key];
    if (place !== undefined) this.#activate(rows[within(place, 0, rows.length - 1)]);
    else if (event.key === "Enter") this.#take(this.#active);
    else if (event.key === "Escape") this.#close();
    else return;
    claim(event);
  }

  get #visible(): readonly Row[] {
    return this.#sections.flatMap(({ rows }) => rows.filter(({ element }) => !element.hidden));
  }

  #rowOf(target: EventTarget | null): Row | undefined {
    const element = target instanceof Element ? target.closest(".xai-choice") : null;
    return this.#visible.find((row) => row.element === element);
  }

  /** Shows the entries that hold every word that was typed. */
  #filter(): void {
    const typed = this.#search.value.toLowerCase().split(/\s+/);
    for (const { element, rows } of this.#sections) {
      for (const row of rows) row.element.hidden = !typed.every((word) => row.words.includes(word));
      element.hidden = rows.every((row) => row.element.hidden);
    }
    const rows = this.#visible;
    const first = (typed[0] ?? "") === "" ? rows.find(({ entry }) => entry.value === this.#chosen) : undefined;
    const open = rows.filter(({ entry }) => (entry.refusal ?? "") === "");
    const best = open.find(({ entry }) => entry.label.toLowerCase().includes(typed.join(" ")));
    this.#activate(first ?? best ?? open[0] ?? rows[0]);
    this.#nothing.hidden = rows.length > 0;
  }

  #activate(row: Row | undefined, scrolls = true): void {
    if (row === undefined && !scrolls) return;
    this.#active?.element.classList.remove("xai-active");
    this.#active = row;
    row?.element.classList.add("xai-active");
    attribute(this.#search, "aria-activedescendant", row?.element.id);
    if (scrolls) row?.element.scrollIntoView?.({ block: "nearest" });
  }

  #take(row: Row | undefined): void {
    if (row === undefined || (row.entry.refusal ?? "") !== "") return;
    this.#close();
    this.choose(row.entry.value);
  }

  #open(): void {
    if (this.isOpen) return;
    this.#panel.hidden = false;
    // Pages that have no layer above the others show it in place.
    this.#panel.showPopover?.();
    attribute(this.#button, "aria-expanded", true);
    this.#search.value = "";
    this.#place();
    this.#search.focus({ preventScroll: true });
    this.#filter();
  }

  #close(focus = true): void {
    if (!this.isOpen) return;
    // First: what is hidden loses the focus, and would close again.
    if (focus) this.#button.focus({ preventScroll: true });
    if (!this.isOpen) return;
    this.#panel.hidePopover?.();
    this.#panel.hidden = true;
    attribute(this.#button, "aria-expanded", false);
  }

  /** Puts the panel below the button, or above it where there is more room. */
  #place(): void {
    const at = this.#button.getBoundingClientRect();
    const below = innerHeight - at.bottom - GAP - MARGIN;
    const above = at.top - GAP - MARGIN;
    const under = below >= Math.min(above, 420);
    const { style } = this.#panel;
    style.maxHeight = `${Math.max(160, Math.min(under ? below : above, 640))}px`;
    style.top = under ? `${at.bottom + GAP}px` : "auto";
    style.bottom = under ? "auto" : `${innerHeight - at.top + GAP}px`;
    style.left = `${Math.max(MARGIN, Math.min(at.left, innerWidth - this.#panel.offsetWidth - MARGIN))}px`;
  }
}
