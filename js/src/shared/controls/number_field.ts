import { h, on, uniqueId } from "../dom";
import { atEnd } from "../signals";
import type { Control, Handlers } from "./control";

/** A number to type, for what has no slider. */
export function numberField(
  words: { label: string; sentence: string },
  range: { minimum?: number | null | undefined; maximum?: number | null | undefined; step: number | "any" },
  handlers: Handlers,
  signal: AbortSignal,
): Control {
  const id = uniqueId("number");
  const input = h("input", {
    type: "number",
    id,
    step: range.step,
    min: range.minimum ?? undefined,
    max: range.maximum ?? undefined,
  });
  const element = h(
    "div",
    { class: "xai-control xai-inline", title: words.sentence },
    h("label", { for: id }, words.label),
    input,
  );
  let moved = false;
  const release = (): void => {
    handlers.hold(false);
    if (moved) handlers.settle();
    moved = false;
  };
  on(input, "input", signal, () => {
    handlers.hold(true);
    if (input.value === "" || !input.checkValidity()) return;
    moved = true;
    handlers.move(Number(input.value));
  });
  on(input, ["change", "blur"], signal, release);
  atEnd(signal, () => handlers.hold(false));
  return {
    element,
    show(value) {
      if (document.activeElement !== input || !moved) input.value = String(value ?? "");
    },
  };
}
