import { h, on, uniqueId, write } from "../dom";
import type { Control, Handlers } from "./control";

export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** A few choices side by side, of which one holds: a group of radio buttons. */
export function segments(
  words: { label: string; sentence: string; hidden?: boolean },
  choices: readonly Choice[],
  handlers: Pick<Handlers, "move" | "settle">,
  signal: AbortSignal,
): Control {
  const name = uniqueId("segments");
  const other = h("span", { class: "xai-value" });
  const inputs = choices.map(({ value }) => h("input", { type: "radio", name, value }));
  const group = h(
    "div",
    { class: "xai-segments", role: "radiogroup", "aria-label": words.label },
    ...choices.map(({ label }, i) => h("label", {}, inputs[i] as HTMLInputElement, h("span", {}, label))),
  );
  const heading = words.hidden ? [] : [h("span", { "aria-hidden": true }, words.label), other];
  const element = h("div", { class: "xai-control", title: words.sentence }, ...heading, group);
  on(group, "change", signal, () => {
    const chosen = inputs.find((input) => input.checked);
    if (chosen === undefined) return;
    write(other, "");
    handlers.move(chosen.value);
    handlers.settle();
  });
  return {
    element,
    offer(possible) {
      for (const input of inputs) input.disabled = !possible(input.value);
    },
    show(value) {
      for (const input of inputs) input.checked = input.value === value;
      // Python may have given a value that is none of the choices, a number for instance.
      write(other, choices.some((choice) => choice.value === value) ? "" : String(value ?? ""));
    },
  };
}
