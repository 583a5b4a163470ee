import { choiceMenu } from "../controls/choice_menu";
import { h, on, style } from "../dom";
import { type Cover, panesOf } from "./cover";
import type { LiveScene } from "./scene";

/** Pixels that a picture is compared with, and what they are. */
export interface Behind {
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
  readonly words: string;
}

/** A divider over all pictures of a stage, left of which lies what they are compared with; it is off at first. */
export interface Curtain {
  /** What lies behind; empty is nothing. */
  kind: string;
  readonly control: HTMLElement;
  /** Takes the stage that it is drawn over. */
  hang(over: Cover): void;
  /** Draws it, or takes it away. */
  toggle(): boolean;
}

/** `kinds` are what may lie behind, and what that is called. */
export function curtain({ store, signal }: LiveScene, kinds: readonly (readonly [string, string])[]): Curtain {
  const items = [["", "off"] as const, ...kinds].map(([value, label]) => ({ value, label }));
  const draw = (kind: string): void => {
    made.kind = kind;
    control.show(kind);
    store.signals.emit("display");
  };
  const control = choiceMenu(
    { label: "Curtain", sentence: "A divider over the pictures, and left of it what they are compared with." },
    items,
    { move: (value) => draw(String(value)), settle: () => undefined },
    signal,
  );
  control.show("");
  const made: Curtain = {
    kind: "",
    control: control.element,
    hang({ stage, put, place }) {
      // Each picture has an input over it, whose thumb is the divider; they move together.
      const inputs: HTMLInputElement[] = [];
      const compared = (): HTMLElement[] =>
        made.kind === "" ? [] : panesOf(stage).filter((pane) => pane.querySelector(".xai-behind"));
      const add = (number: number): void => {
        const input = h("input", { type: "range", min: 0, max: 1, step: 0.005, "aria-label": "Curtain" });
        input.value = inputs[0]?.value ?? "0.5";
        if (number > 0) input.tabIndex = -1;
        const move = (): void => {
          style(stage, { "--xai-curtain": input.value });
          for (const other of inputs) other.value = input.value;
        };
        on(input, "input", signal, move);
        inputs.push(input);
        put(h("div", { class: "xai-curtain" }, input), () => compared()[number]);
      };
      const follow = (): void => {
        const { length } = compared();
        while (inputs.length < length) add(inputs.length);
        place();
      };
      // After the pictures, which lay their pixels when they hear of it.
      for (const topic of ["frames", "display"] as const) store.signals.on(topic, () => queueMicrotask(follow), signal);
    },
    toggle() {
      draw(made.kind === "" ? (kinds[0]?.[0] ?? "") : "");
      return true;
    },
  };
  return made;
}
