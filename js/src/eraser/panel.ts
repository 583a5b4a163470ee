import { optionControls, showOptions } from "../shared/controls/option_controls";
import { h, on } from "../shared/dom";
import type { EraserScene } from "./scene";

/** The settings of the erasing itself, built from what it declares. */
export function erasingPanel({ store, signal }: EraserScene): HTMLElement {
  const controls = optionControls(
    store.catalogue.erasing.filter(({ name }) => name !== "fill"),
    (name) => ({
      hold: (held) => store.hold(name, held),
      move: (value) => store.move({ [name]: value }),
      settle: () => store.settle(),
    }),
    (option) => option.default,
    signal,
  );
  const box = h("input", { type: "checkbox" });
  on(box, "change", signal, () => store.choose({ controls: box.checked }));
  const sentence = "Maps that know nothing of the network: what a method has to be better than.";
  const blind = h("label", { class: "xai-check", title: sentence }, box, "Random map and centre blob");
  const show = (): void => {
    showOptions(controls, { ...store.question });
    box.checked = store.question.controls;
  };
  store.signals.follow(["question"], show, signal);
  return h(
    "section",
    { "aria-label": "Settings of the erasing" },
    h("h3", {}, "Erasing"),
    h("div", { class: "xai-controls" }, ...controls.map(([, { element }]) => element), blind),
  );
}
