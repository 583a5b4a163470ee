import { button, h, percentage, style, write } from "../shared/dom";
import { renewals } from "../shared/signals";
import { chance, count } from "../shared/words";
import type { UnitsScene } from "./scene";

/** The accuracy on each class with all units, and without those that are out. */
export function accuracy({ store, signal }: UnitsScene): HTMLElement {
  const list = h("div", { class: "xai-accuracies" });
  const title = h("h3");
  const out = button("", () => store.toggle(store.unit ?? 0), signal);
  const back = button("Put all back", () => store.choose({ without: [] }), signal);
  const ways = h("div", { class: "xai-units-out" }, out, back);
  const section = h("section", { class: "xai-units-accuracy", "aria-label": "Accuracy" }, title, list, ways);
  const renewed = renewals(signal);
  let rows: { after: HTMLElement; before: HTMLElement; said: HTMLElement }[] = [];
  const build = (names: readonly string[]): void => {
    renewed();
    rows = names.map(() => ({ after: h("i", { class: "xai-count-trained" }), before: h("i"), said: h("span") }));
    list.replaceChildren(
      ...rows.map(({ after, before, said }, place) => {
        before.className = "xai-accuracy-before";
        const name = names[place] ?? "";
        return h("div", { class: "xai-count" }, h("span", { title: name }, name), h("span", {}, after, before), said);
      }),
    );
  };
  const show = (): void => {
    const { frame } = store.seen;
    const { without } = store.question;
    const what = store.catalogue.labelled ? "Accuracy" : "Answers that stay";
    write(title, without.length === 0 ? what : `${what} without ${count(without.length, "unit", "units")}`);
    const isOut = store.unit !== undefined && without.includes(store.unit);
    write(out, `${isOut ? "Put" : "Take"} unit ${store.unit ?? ""} ${isOut ? "back" : "out"}`);
    back.hidden = without.length < (isOut ? 2 : 1);
    const known = frame?.accuracy ?? [];
    // A network may answer with something else than a class.
    section.hidden = frame !== undefined && known.length === 0;
    if (known.length !== rows.length) build(known.map(({ name }) => name));
    rows.forEach(({ after, before, said }, place) => {
      const row = known[place];
      style(after, { width: percentage(row?.after ?? 0) });
      style(before, { left: percentage(row?.before ?? 0) });
      write(said, row?.after === null || row === undefined ? "…" : chance(row.after ?? 0));
    });
  };
  store.signals.follow(["question", "frames"], show, signal);
  return section;
}
