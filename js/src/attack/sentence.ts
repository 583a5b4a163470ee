import { segments } from "../shared/controls/segments";
import { h } from "../shared/dom";
import { ClassMenu } from "../shared/explanation/classes";
import { methodPicker } from "../shared/explanation/methods";
import type { Norm } from "../shared/protocol";
import type { AttackScene } from "./scene";

/** The line on top: attacked towards which class, measured how, explained by which method. */
export function sentence({ store, signal }: AttackScene): HTMLElement {
  const { catalogue } = store;
  const target = new ClassMenu(
    "Class the attack leads to",
    catalogue.classes,
    (index) => store.choose({ target: index }),
    signal,
  );
  const norm = segments(
    { label: "Size of a change", sentence: "How the size of a change is measured.", hidden: true },
    [
      { value: "l2", label: "length (l2)" },
      { value: "linf", label: "largest change (l∞)" },
    ],
    { move: (value) => store.chooseNorm(value as Norm), settle: () => undefined },
    signal,
  );
  const methods = methodPicker({ store, signal }, "Method of explanation");
  const part = (word: string, control: HTMLElement): HTMLElement =>
    h("span", { class: "xai-part" }, h("span", {}, word), control);
  const show = (): void => {
    const { question } = store;
    target.show(question.target, "any other class", [], null);
    norm.show(question.norm);
  };
  store.signals.follow(["question"], show, signal);
  return h(
    "div",
    { class: "xai-sentence" },
    part("Attack towards", target.element),
    part("measured by", norm.element),
    part("explained by", methods.element),
  );
}
