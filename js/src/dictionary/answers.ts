import { button, h, write } from "../shared/dom";
import { Changes } from "../shared/explanation/changes";
import type { AccuracyRow } from "../shared/protocol";
import { count } from "../shared/words";
import type { DictionaryScene } from "./scene";

/** So many classes are shown beside all pictures, those whose accuracy changes most. */
const MOST = 6;

/** The buttons that switch features off, and what the network then answers for the picture in view. */
export function pictureAnswers({ store, signal }: DictionaryScene): HTMLElement {
  const rows = new Changes();
  const title = h("h3");
  const off = button("", () => store.toggle(store.feature ?? 0), signal);
  const back = button("Switch all on", () => store.choose({ without: [] }), signal);
  const ways = h("div", { class: "xai-dictionary-off" }, off, back);
  const section = h("div", { class: "xai-dictionary-answers" }, ways, title, rows.element);
  const show = (): void => {
    const { frame } = store.seen;
    const { without, index } = store.question;
    const { feature } = store;
    const isOff = feature !== undefined && without.includes(feature);
    write(off, `Switch feature ${feature ?? ""} ${isOff ? "on" : "off"}`);
    back.hidden = without.length < (isOff ? 2 : 1);
    write(title, `Answer for picture ${(frame?.top[index] ?? index) + 1}`);
    rows.show(frame?.answers[index] ?? []);
    // A network may answer with something else than a class.
    section.hidden = frame !== undefined && frame.accuracy.length === 0;
  };
  store.signals.follow(["question", "frames"], show, signal);
  return section;
}

/** All pictures, which come first, and the classes that change most, in their order. */
export function mostChanged(rows: readonly AccuracyRow[], most: number): readonly AccuracyRow[] {
  const change = ({ before, after }: AccuracyRow): number => Math.abs((before ?? 0) - (after ?? before ?? 0));
  const kept = new Set([...rows.slice(1)].sort((one, other) => change(other) - change(one)).slice(0, most));
  return rows.filter((row, place) => place === 0 || kept.has(row));
}

/** How often the network is right with what is decoded in place of its own activations. */
export function accuracy({ store, signal }: DictionaryScene): HTMLElement {
  const rows = new Changes();
  const title = h("h3");
  const more = h("span");
  const key = h(
    "p",
    { class: "xai-quiet xai-dictionary-key" },
    h("i", { class: "xai-change-after" }),
    "decoded",
    h("i", { class: "xai-dictionary-mark" }),
    "its own activations",
    more,
  );
  const label = { class: "xai-dictionary-accuracy", "aria-label": "Accuracy" };
  const section = h("section", label, title, rows.element, key);
  const show = (): void => {
    const { frame } = store.seen;
    const { without } = store.question;
    const known = frame?.accuracy ?? [];
    const shown = mostChanged(known, MOST);
    const less = without.length === 0 ? "" : ` without ${count(without.length, "feature", "features")}`;
    write(title, `${store.catalogue.labelled ? "Accuracy" : "Answers that stay"}${less}`);
    rows.show(shown);
    write(more, known.length > shown.length ? `${MOST} of ${known.length - 1} classes, which change most` : "");
    section.hidden = frame !== undefined && known.length === 0;
  };
  store.signals.follow(["question", "frames"], show, signal);
  return section;
}
