import { h, on } from "../dom";
import { cut } from "../words";

export interface Item {
  readonly value: string;
  readonly label: string;
  readonly disabled?: boolean;
}

/** Items of a menu, under headings where there are any. */
export interface Section {
  readonly heading: string | null;
  readonly items: readonly Item[];
}

/** So many letters of a name stand in a menu; all of them are told on demand, and found by the search. */
const MOST_LETTERS = 40;

function option({ value, label, disabled }: Item): HTMLOptionElement {
  const words = cut(label, MOST_LETTERS);
  return h("option", { value, disabled: disabled === true, title: words === label ? undefined : label }, words);
}

/** A select element. `show` rebuilds it only where its items changed. */
export class Menu {
  readonly element: HTMLSelectElement;
  #sections: readonly Section[] | undefined;

  constructor(label: string, choose: (value: string) => void, signal: AbortSignal) {
    this.element = h("select", { "aria-label": label });
    on(this.element, "change", signal, () => choose(this.element.value));
  }

  show(sections: readonly Section[], value: string): void {
    if (sections !== this.#sections) {
      this.#sections = sections;
      this.element.replaceChildren(
        ...sections.flatMap(({ heading, items }) =>
          heading === null ? items.map(option) : [h("optgroup", { label: heading }, ...items.map(option))],
        ),
      );
    }
    if (this.element.value !== value) this.element.value = value;
    this.element.title = this.element.selectedOptions[0]?.title ?? "";
  }
}
