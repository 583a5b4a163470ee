import { resets } from "../shared/controls/reset";
import { slider } from "../shared/controls/slider";
import { percent } from "../shared/words";
import type { InterveneStore } from "./store";

/** What a concept is told to be, in words. */
export function shareWords(share: number): string {
  return share === 0 ? "no" : share === 1 ? "yes" : percent(share);
}

/** The slider that lies over the bars of a concept: whoever moves it tells what the concept is. */
export class ConceptSlider {
  readonly element: HTMLElement;
  readonly show: (share: number) => void;

  constructor(store: InterveneStore, concept: number, name: string, signal: AbortSignal) {
    const handlers = {
      hold: (held: boolean) => store.hold("told", held),
      move: (value: unknown) => {
        const share = value === undefined ? undefined : Number(value);
        store.move({ told: store.toldWith([concept], () => share) });
      },
      settle: () => store.settle(),
    };
    const control = slider(
      { low: 0, high: 1, step: 0.01, doublings: false, whole: false },
      {
        label: name,
        sentence: `Drag to tell what ${name} is; Delete takes it back.`,
        text: shareWords,
        spoken: shareWords,
      },
      handlers,
      signal,
    );
    this.element = control.element;
    this.show = control.show;
    this.element.classList.add("xai-concept-slider");
    // The name and the value stand beside the bars.
    for (const words of this.element.querySelectorAll("label, output")) words.classList.add("xai-spoken");
    resets(this.element, handlers, () => undefined, signal);
  }
}
