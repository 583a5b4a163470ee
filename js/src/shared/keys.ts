import { attribute, on } from "./dom";

/** The arrow keys, and where they go: across and down. */
export const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Whether a key is pressed with one that makes it something else: a shortcut of the page, the browser or the system. */
export function isModified({ ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  return ctrlKey || metaKey || altKey;
}

/** Keeps an event from whatever else would do something with it. */
export function claim(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}

/**
 * Keeps plain keys for the control that has the focus: JupyterLab takes arrows for moving from cell to cell, and letters
 * for commands, before a page's own elements hear of them. What saves, or runs a cell, still reaches it, unless it is ours.
 */
export function keepKeys(
  root: HTMLElement,
  signal: AbortSignal,
  isOurs: (event: KeyboardEvent) => boolean = () => false,
): void {
  on(
    window,
    "keydown",
    signal,
    (event) => {
      const { target, key, shiftKey } = event;
      if (!(target instanceof Element) || !root.contains(target)) return;
      const forJupyter = !isOurs(event) && (isModified(event) || (shiftKey && key === "Enter"));
      attribute(target, "data-lm-suppress-shortcuts", !forJupyter);
    },
    { capture: true },
  );
}
