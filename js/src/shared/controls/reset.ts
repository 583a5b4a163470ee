import { on } from "../dom";
import { isModified } from "../keys";
import type { Handlers } from "./control";

/** What has its own use for a double click: choices would be chosen and lost in one go. */
const OWN = "input:not([type=range]), .xai-segments, select, button, .xai-pop";

/** Lets a double click on a control, or Delete on a slider, bring back the value that it has at first. */
export function resets(
  element: HTMLElement,
  { move, settle }: Pick<Handlers, "move" | "settle">,
  first: () => unknown,
  signal: AbortSignal,
): void {
  const reset = (event: Event): void => {
    if (!(event.target instanceof Element) || event.target.closest(OWN) !== null) return;
    event.preventDefault();
    move(first());
    settle();
  };
  on(element, "dblclick", signal, reset);
  on(element, "keydown", signal, (event) => {
    if (event.key === "Delete" && !isModified(event)) reset(event);
  });
}
