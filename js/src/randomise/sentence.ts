import { optionControl } from "../shared/controls/option_control";
import { h } from "../shared/dom";
import { targetMenu } from "../shared/explanation/classes";
import type { OptionEntry } from "../shared/protocol";
import type { RandomiseScene } from "./scene";

/** The line on top: why which class, with layers reset how, compared by which measure. */
export function sentence({ store, signal }: RandomiseScene): HTMLElement {
  const { catalogue } = store;
  const target = targetMenu({ store, signal });
  const part = (word: string, control: HTMLElement): HTMLElement =>
    h("span", { class: "xai-part" }, h("span", {}, word), control);
  const chosen = (name: "order" | "measure") => {
    const option = catalogue.randomise.find((one) => one.name === name) as OptionEntry;
    const move = (value: unknown): void => store.choose({ [name]: value });
    return optionControl(option, { hold: () => undefined, move, settle: () => undefined }, signal, true);
  };
  const order = chosen("order");
  const measure = chosen("measure");
  const why = part("Why", target.element);
  why.hidden = catalogue.classes.length < 2;
  const show = (): void => {
    const { question, views } = store;
    const explained = views.find(({ header }) => header?.state.target === null)?.header?.explained ?? null;
    const none = explained === null ? "the top class" : `${catalogue.classes[explained] ?? explained} (top)`;
    target.show(question.target, none, [], null);
    order.show(question.order);
    measure.show(question.measure);
  };
  store.signals.follow(["question", "frames"], show, signal);
  return h("div", { class: "xai-sentence" }, why, part("layers reset", order.element), measure.element);
}
