import { button, h, write } from "../shared/dom";
import { Changes } from "../shared/explanation/changes";
import { count } from "../shared/words";
import type { UnitsScene } from "./scene";

/** The accuracy on each class with all units, and without those that are out. */
export function accuracy({ store, signal }: UnitsScene): HTMLElement {
  const list = new Changes();
  const title = h("h3");
  const out = button("", () => store.toggle(store.unit ?? 0), signal);
  const back = button("Put all back", () => store.choose({ without: [] }), signal);
  const ways = h("div", { class: "xai-units-out" }, out, back);
  const section = h("section", { class: "xai-units-accuracy", "aria-label": "Accuracy" }, title, list.element, ways);
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
    list.show(known);
  };
  store.signals.follow(["question", "frames"], show, signal);
  return section;
}
