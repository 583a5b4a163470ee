import { h } from "../dom";

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

function option({ value, label, disabled }: Item): HTMLOptionElement {
  return h("option", { value, disabled: disabled === true }, label);
}

/** A select element. `show` rebuilds it only where its items changed. */
export class Menu {
  readonly element: HTMLSelectElement;
  private sections: readonly Section[] | undefined;

  constructor(label: string, choose: (value: string) => void, signal: AbortSignal) {
    this.element = h("select", { "aria-label": label });
    this.element.addEventListener("change", () => choose(this.element.value), { signal });
  }

  show(sections: readonly Section[], value: string): void {
    if (sections !== this.sections) {
      this.sections = sections;
      this.element.replaceChildren(
        ...sections.flatMap(({ heading, items }) =>
          heading === null ? items.map(option) : [h("optgroup", { label: heading }, ...items.map(option))],
        ),
      );
    }
    if (this.element.value !== value) this.element.value = value;
  }
}
