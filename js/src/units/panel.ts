import { optionControls, showOptions } from "../shared/controls/option_controls";
import { h } from "../shared/dom";
import type { UnitsScene } from "./scene";

/** What else can be chosen of the comparison, beside the quantile below the pictures. */
export function comparisonPanel({ store, signal }: UnitsScene): HTMLElement {
  const { options, label } = store.method;
  const controls = optionControls(
    options.filter(({ name }) => name !== "quantile"),
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
