import { Picker } from "../shared/controls/picker";
import { segments } from "../shared/controls/segments";
import { h } from "../shared/dom";
import { targetMenu } from "../shared/explanation/classes";
import { families } from "../shared/explanation/methods";
import type { EraserScene } from "./scene";

/** So many methods are told apart at most. */
const MOST = 5;

/** The line on top: erase or reveal what speaks for which class, with what in its place. */
export function sentence({ store, signal }: EraserScene): HTMLElement {
  const { catalogue } = store;
  const target = targetMenu({ store, signal });
  const switched = (label: string, words: string, choices: readonly string[], name: "way" | "fill") =>
    segments(
      { label, sentence: words, hidden: true },
      choices.map((value) => ({ value, label: value })),
      { move: (value) => store.choose({ [name]: value }), settle: () => undefined },
      signal,
    );
  const way = switched(
    "Way",
    "Whether the most relevant is erased first, or revealed first.",
    ["erase", "reveal"],
    "way",
  );
  const fills = catalogue.erasing.find(({ name }) => name === "fill");
  const fill = switched("Fill", fills?.sentence ?? "", fills?.choices ?? [], "fill");
  const add = new Picker("Add a method", (name) => store.addCell(name), signal, "+ Add a method");
  const part = (word: string, control: HTMLElement): HTMLElement =>
    h("span", { class: "xai-part" }, h("span", {}, word), control);
  const show = (): void => {
    const { question, views } = store;
    const known = views.find(({ header }) => header !== undefined)?.header;
    const top = question.target === null && known?.state.target === null ? `${known.quantity} (top)` : "the top class";
    target.show(question.target, top, [], null);
    way.show(question.way);
    fill.show(question.fill);
    add.element.hidden = store.cells.length >= MOST;
  };
  store.signals.follow(["offer"], () => add.show(families(catalogue, store.refusals), ""), signal);
  store.signals.follow(["question", "frames"], show, signal);
  return h(
    "div",
    { class: "xai-sentence" },
    way.element,
    part("what speaks for", target.element),
    part("filled with", fill.element),
    add.element,
  );
}
