import { optionControls, showOptions } from "../controls/option_controls";
import { h } from "../dom";
import type { LiveScene } from "./scene";

/** What else can be chosen of a method, beside the options that stand where one looks. */
export function optionsPanel({ store, signal }: LiveScene, elsewhere: readonly string[] = []): HTMLElement {
  const { options, label } = store.method;
  const controls = optionControls(
    options.filter(({ name }) => !elsewhere.includes(name)),
    (name) => ({
      hold: (held) => store.hold(name, held),
      move: (value) => store.moveOption(name, value),
      settle: () => store.settle(),
    }),
    (option) => option.default,
    signal,
  );
  const list = h("div", { class: "xai-controls" }, ...controls.map(([, { element }]) => element));
  store.signals.follow(["question"], () => showOptions(controls, store.question.options), signal);
  return h("section", { "aria-label": `Settings of ${label}` }, h("h3", {}, label), list);
}
