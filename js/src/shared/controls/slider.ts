import { attribute, h, on, style, uniqueId, write } from "../dom";
import { positions, type Scale, toPosition, toValue } from "../scale";
import { atEnd } from "../signals";
import type { Control, Handlers } from "./control";

export interface SliderWords {
  readonly label: string;
  readonly sentence: string;
  /** The value beside the label: "64", "80 %". */
  text(value: number): string;
  /** The value as it is read aloud: "64 steps". */
  spoken(value: number): string;
}

/** A range input with its label and its value. */
export function slider(scale: Scale, words: SliderWords, handlers: Handlers, signal: AbortSignal): Control {
  const id = uniqueId("slider");
  const input = h("input", { type: "range", id, ...positions(scale) });
  const output = h("output", { for: id, class: "xai-value", "aria-hidden": true });
  const element = h(
    "div",
    { class: "xai-control", title: words.sentence },
    h("label", { for: id }, words.label),
    output,
    input,
  );

  let held = false;
  let moved = false;
  let keyDown = false;

  const display = (value: number): void => {
    write(output, words.text(value));
    attribute(input, "aria-valuetext", words.spoken(value));
    const { min, max } = positions(scale);
    const filled = max > min ? (toPosition(scale, value) - min) / (max - min) : 0;
    style(input, { "--xai-filled": filled });
  };
  const hold = (next: boolean): void => {
    if (next !== held) handlers.hold(next);
    held = next;
  };
  const release = (): void => {
    hold(false);
    if (moved) handlers.settle();
    moved = false;
  };

  on(input, "pointerdown", signal, () => hold(true));
  on(input, "input", signal, () => {
    hold(true);
    moved = true;
    const value = toValue(scale, Number(input.value));
    display(value);
    handlers.move(value);
  });
  // A key that is held down makes one change event for each repeat; the person lets go once.
  on(input, "keydown", signal, () => {
    keyDown = true;
  });
  on(input, "change", signal, () => {
    if (!keyDown) release();
  });
  const letGo = (): void => {
    keyDown = false;
    release();
  };
  on(input, ["keyup", "pointerup", "pointercancel", "blur"], signal, letGo);

  // A view may end, or a method change, in the middle of a drag.
  atEnd(signal, () => hold(false));

  return {
    element,
    show(value) {
      if (typeof value !== "number") {
        write(output, value === null || value === undefined ? "" : String(value));
        return;
      }
      if (!held) input.value = String(toPosition(scale, value));
      display(value);
    },
  };
}
