import { optionControls, showOptions } from "../shared/controls/option_controls";
import { h } from "../shared/dom";
import type { AttackScene } from "./scene";

/** The controls of the attack itself, built from what it declares. */
export function attackPanel({ store, signal }: AttackScene): HTMLElement {
  const controls = optionControls(
    store.catalogue.attack,
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
    { "aria-label": "Settings of the attack" },
    h("h3", {}, "Attack"),
    h("div", { class: "xai-controls" }, ...controls.map(([, { element }]) => element)),
  );
}
