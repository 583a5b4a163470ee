import { button, h, on, write } from "../dom";
import type { CodedScene } from "./scene";

/** Where the page keeps that the first steps were seen. */
const SEEN = "xai-widgets-first-steps";

/** Which of the widgets of a page shows them: the next one takes over once that one is gone. */
const page = document as Document & { xaiFirstSteps?: Element };

/** Takes note that they were seen, or asks whether; a page that may keep nothing would show them for ever, so it does not. */
function seen(note?: string): boolean {
  try {
    if (note !== undefined) localStorage.setItem(SEEN, note);
    return localStorage.getItem(SEEN) !== null;
  } catch {
    return true;
  }
}

/**
 * A few steps at first use, one at a time, until somebody has seen them, and a button that shows them again: they stand in
 * the line below the card, in place of what is said there, so that they cover nothing and nothing moves.
 */
export function firstSteps(
  root: HTMLElement,
  steps: () => readonly string[],
  { signals }: CodedScene["store"],
  signal: AbortSignal,
): [HTMLElement, HTMLElement] {
  const words = h("span", { role: "status" });
  const next = button("Next", () => show(at + 1), signal);
  const close = button("×", () => end(), signal, { class: "xai-icon", "aria-label": "Close the first steps" });
  const element = h("span", { class: "xai-first-steps", hidden: true }, words, next, close);
  const again = button("Show the first steps", () => show(0), signal);
  let at = 0;

  const show = (step: number): void => {
    const every = steps();
    const shown = every[step];
    at = step;
    page.xaiFirstSteps = element;
    if (shown === undefined) {
      seen("yes");
      if (element.contains(document.activeElement)) root.focus({ preventScroll: true });
    }
    element.hidden = shown === undefined;
    write(words, `${step + 1} of ${every.length}: ${shown}`);
    write(next, step + 1 < every.length ? "Next" : "Done");
  };
  const end = (): void => show(Number.POSITIVE_INFINITY);
  /** What there is to do has changed, as with the method. */
  const change = (): void => {
    if (!element.hidden) show(Math.min(at, steps().length - 1));
  };
  const leave = (event: KeyboardEvent): void => {
    // On the stage they are not seen, and the key is for leaving it.
    const seenHere = !element.hidden && !root.classList.contains("xai-presenter");
    if (event.key !== "Escape" || !seenHere || event.defaultPrevented) return;
    event.preventDefault();
    end();
  };
  on(root, "keydown", signal, leave);
  for (const topic of ["question", "display", "frames"] as const) signals.on(topic, change, signal);
  // Once it is in the page: what is there from the beginning is not read aloud.
  if (!seen() && page.xaiFirstSteps?.isConnected !== true) queueMicrotask(() => show(0));
  return [element, again];
}
