import { optionControls, showOptions } from "../shared/controls/option_controls";
import { h, write } from "../shared/dom";
import { renewals } from "../shared/signals";
import type { RepresentScene } from "./scene";

/** What can be chosen of the index. */
export function indexPanel({ store, signal }: RepresentScene): HTMLElement {
  const heading = h("h3");
  const about = h("p", { class: "xai-quiet" });
  const list = h("div", { class: "xai-controls" });
  const renewed = renewals(signal);
  let built = "";
  let controls: ReturnType<typeof optionControls> = [];
  const show = (): void => {
    const { name, label, sentence, reference, options } = store.method;
    if (built !== name) {
      built = name;
      const handlers = (option: string) => ({
        hold: (held: boolean) => store.hold(option, held),
        move: (value: unknown) => store.moveOption(option, value),
        settle: () => store.settle(),
      });
      controls = optionControls(options, handlers, (option) => option.default, renewed());
      list.replaceChildren(...controls.map(([, { element }]) => element));
      write(heading, label);
      write(about, `${sentence} ${reference}.`);
    }
    showOptions(controls, store.question.options);
  };
  store.signals.follow(["question"], show, signal);
  return h("section", { "aria-label": "Settings of the index" }, heading, about, list);
}
