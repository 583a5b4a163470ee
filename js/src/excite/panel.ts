import type { Declared } from "../shared/controls/option_controls";
import { optionControls, showOptions } from "../shared/controls/option_controls";
import { segments } from "../shared/controls/segments";
import { h, write } from "../shared/dom";
import { renewals } from "../shared/signals";
import type { ExciteScene } from "./scene";

/** The regulariser whose slider stands below the picture. */
export const IN_VIEW = "smoothness";

const STARTS = [
  { value: "noise", label: "noise" },
  { value: "picture", label: "the picture" },
];

/** What else can be chosen: where it begins, and the other regularisers. */
export function settings({ store, signal }: ExciteScene): HTMLElement {
  const title = h("h3");
  const list = h("div", { class: "xai-controls" });
  const renewed = renewals(signal);
  const start = segments(
    { label: "Begins with", sentence: "Plain grey with noise, or one of the pictures that were given, with noise." },
    STARTS,
    {
      move: (value) => store.move({ start: value as "noise" | "picture" }),
      settle: () => store.settle(),
    },
    signal,
  );
  let controls: Declared[] = [];
  let method = "";
  const show = (): void => {
    const { name, label, options } = store.method;
    if (name !== method) {
      method = name;
      controls = optionControls(
        options.filter((option) => store.inverts || option.name !== IN_VIEW),
        (option) => ({
          hold: (held) => store.hold(option, held),
          move: (value) => store.moveOption(option, value),
          settle: () => store.settle(),
        }),
        (option) => option.default,
        renewed(),
      );
      write(title, label);
      list.replaceChildren(...(store.inverts ? [] : [start.element]), ...controls.map(([, { element }]) => element));
    }
    showOptions(controls, store.question.options);
    start.show(store.question.start);
  };
  store.signals.follow(["question"], show, signal);
  return h("section", { "aria-label": "Settings of the picture" }, title, list);
}
