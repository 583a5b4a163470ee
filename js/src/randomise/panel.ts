import { optionControls, showOptions } from "../shared/controls/option_controls";
import { h } from "../shared/dom";
import type { RandomiseScene } from "./scene";

/** What is not in the sentence of how layers are reset: how often. */
export function randomisePanel({ store, signal }: RandomiseScene): HTMLElement {
  const controls = optionControls(
    store.catalogue.randomise.filter(({ kind }) => kind !== "choice"),
    (name) => ({
      hold: (held) => store.hold(name, held),
      move: (value) => store.move({ [name]: value }),
      settle: () => store.settle(),
    }),
    (option) => option.default,
    signal,
  );
  store.signals.follow(["question"], () => showOptions(controls, { ...store.question }), signal);
  return h(
    "section",
    { "aria-label": "Settings of the resets" },
    h("h3", {}, "Resets"),
    h("div", { class: "xai-controls" }, ...controls.map(([, { element }]) => element)),
  );
}
