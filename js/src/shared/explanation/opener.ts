import { attribute, button, uniqueId } from "../dom";

/** The button that opens something, and says whether it is open; `turn` is what else follows. */
export function opener(words: string, opened: HTMLElement, signal: AbortSignal, turn?: () => void): HTMLButtonElement {
  opened.id ||= uniqueId("opened");
  opened.hidden = true;
  const press = (): void => {
    opened.hidden = !opened.hidden;
    attribute(element, "aria-expanded", !opened.hidden);
    turn?.();
  };
  const element = button(words, press, signal, { "aria-expanded": false, "aria-controls": opened.id });
  return element;
}
