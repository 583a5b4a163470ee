import { h, percentage, style, write } from "../dom";
import type { ShareRow } from "../protocol";
import { chance } from "../words";

/** Shares of a network that was changed, a bar for each, with a mark where they were before. */
export class Changes {
  readonly element = h("div", { class: "xai-changes" });
  #rows: { after: HTMLElement; before: HTMLElement; name: HTMLElement; said: HTMLElement }[] = [];

  show(known: readonly ShareRow[]): void {
    while (this.#rows.length < known.length) {
      const [after, before] = [h("i", { class: "xai-change-after" }), h("i", { class: "xai-change-before" })];
      const [name, said] = [h("span"), h("span")];
      this.#rows.push({ after, before, name, said });
      this.element.append(h("div", { class: "xai-change" }, name, h("span", {}, after, before), said));
    }
    this.#rows.forEach(({ after, before, name, said }, place) => {
      const row = known[place];
      (this.element.children[place] as HTMLElement).hidden = row === undefined;
      if (row === undefined) return;
      write(name, row.name);
      name.title = row.name;
      style(after, { width: percentage(row.after ?? 0) });
      style(before, { left: percentage(row.before ?? 0) });
      write(said, row.after === null ? "…" : chance(row.after));
    });
  }
}
