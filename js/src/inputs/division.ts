import { optionControl } from "../shared/controls/option_control";
import { type Choice, segments } from "../shared/controls/segments";
import { h, style } from "../shared/dom";
import type { OptionEntry } from "../shared/protocol";
import { renewals } from "../shared/signals";
import type { InputsStore } from "./store";

/** What a part is that is one feature. */
const WHOLE = "whole";

export type Features = Readonly<Record<string, string>>;

/** Into what parts are divided after one of them is: of those that are whole nothing is said. */
export function divided(features: Features, name: string, division: string): Features {
  const { [name]: _, ...others } = features;
  return division === WHOLE ? others : { ...others, [name]: division };
}

/** What of a part is switched on and off together: all of it, or what it is divided into, and how large these are. */
export class Division {
  /** Beside the name of the part, and below it. */
  readonly element: HTMLElement;
  readonly below = h("div", { class: "xai-part-size", hidden: true });
  readonly #show: () => void;

  constructor(store: InputsStore, part: number, leads: boolean, signal: AbortSignal) {
    const { name = "", kind, divisions = {} } = store.parts[part] ?? {};
    const choices: Choice[] = Object.entries({ [WHOLE]: WHOLE, ...divisions }).map(([value, label]) => ({
      value,
      label,
    }));
    const words = { label: `Features of ${name}`, sentence: "What is switched on and off together.", hidden: true };
    const choice = segments(
      words,
      choices,
      { move: (value) => store.divide(part, String(value)), settle: () => undefined },
      signal,
    );
    this.element = h("div", { class: "xai-part-division", hidden: true }, choice.element);
    // Said once: side by side what all models show stands level.
    if (!leads) this.element.style.visibility = "hidden";
    const sizeSignal = renewals(signal);
    let built: OptionEntry | undefined;
    let size: ReturnType<typeof optionControl> | undefined;
    this.#show = () => {
      const { options } = store.method;
      const division = store.edits.features[name] ?? WHOLE;
      const divides = options.some((option) => option.name === "features");
      this.element.hidden = !divides;
      choice.show(division);
      const option = options.find((one) => one.name === "size");
      const sizes = (chosen = WHOLE): boolean => divides && option?.when?.[1].includes(chosen) === true;
      // Pictures stand level: where one of them is divided, all have room for the slider.
      this.below.hidden = kind !== "picture" || !Object.values(store.edits.features).some(sizes);
      style(this.below, { visibility: sizes(division) && leads ? "visible" : "hidden" });
      if (this.below.hidden || option === undefined) return;
      if (option !== built) {
        built = option;
        size = optionControl(
          option,
          {
            hold: (held) => store.hold("size", held),
            move: (value) => store.moveOption("size", value),
            settle: () => store.settle(),
          },
          sizeSignal(),
        );
        this.below.replaceChildren(size.element);
      }
      size?.show(store.question.options.size);
    };
  }

  show(): void {
    this.#show();
  }
}
