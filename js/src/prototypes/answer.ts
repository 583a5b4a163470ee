import { attribute, button, h, write } from "../shared/dom";
import { Changes } from "../shared/explanation/changes";
import { shortNames } from "../shared/explanation/classes_shown";
import { count } from "../shared/words";
import type { PrototypeScene } from "./scene";

/** So many classes are shown, those that are most probable with all prototypes, and the answer. */
const MOST = 5;

/** What the network answers without the prototypes that are struck out, beside what it answers with all. */
export function answer({ store, signal }: PrototypeScene): HTMLElement {
  const names = shortNames(store.catalogue.classes);
  const title = h("h3");
  const changes = new Changes();
  const note = h("p", { class: "xai-quiet" });
  const back = button("Put all back", () => store.choose({ without: [] }), signal);
  const label = { class: "xai-bill-answer", "aria-label": "Answer" };
  const section = h("section", label, title, changes.element, h("div", {}, back), note);
  const show = (): void => {
    const { frame } = store.seen;
    const { answers } = store;
    const { without } = store.question;
    section.hidden = frame === undefined;
    attribute(back, "disabled", without.length === 0);
    const now = answers.reduce((best, one) => (best === undefined || one.after > best.after ? one : best), answers[0]);
    const kept = answers.filter((one, place) => place < MOST || one === now);
    const less = without.length === 0 ? "Answer" : `Answer without ${count(without.length, "prototype", "prototypes")}`;
    write(title, now === undefined ? "" : `${less}: ${names[now.index] ?? ""}`);
    changes.show(kept.map(({ index, before, after }) => ({ name: names[index] ?? "", before, after })));
    write(note, frame === undefined ? "" : said(frame, store.catalogue.training));
  };
  store.signals.follow(["question", "frames"], show, signal);
  return section;
}

/** What the units of the layer are, as far as it is known. */
function said(
  { pushed, negative, mean }: { pushed: boolean | null; negative: boolean; mean: boolean },
  training: number,
): string {
  const pooled = mean ? "Points are for the mean over places; shown is where it is most. " : "";
  if (pushed === null) return `${pooled}Looking for the prototypes in ${training} training pictures.`;
  if (pushed) return `${pooled}Each prototype is a patch of one of ${training} training pictures.`;
  if (negative) return `${pooled}Units that say negative things are no similarities: shown is where each says most.`;
  return `${pooled}Units reach different values in training: shown is where each says most.`;
}
