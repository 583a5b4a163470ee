import { on, write } from "../dom";

/** Whether a view fills the stage, and how that is changed. */
export interface Size {
  isLarge(): boolean;
  present(large: boolean): void;
}

/**
 * Lets the button bring a view on the stage, in full screen where the page may have it, and the Escape key back. Returns
 * what shows the size; to be called whenever it may have changed.
 */
export function presenter(size: Size, root: HTMLElement, button: HTMLElement, signal: AbortSignal): () => void {
  const isFull = (): boolean => (root.getRootNode() as Document | ShadowRoot).fullscreenElement === root;
  const present = (large: boolean): void => {
    if (size.isLarge() !== large) size.present(large);
  };
  on(button, "click", signal, () => {
    present(!size.isLarge());
    // Not every page may fill the screen; the size is what counts.
    if (size.isLarge()) root.requestFullscreen?.().catch(() => undefined);
  });
  // The Escape key that ends full screen is the browser's own, and no key event tells of it.
  on(root, "fullscreenchange", signal, () => present(isFull()));
  on(root, "keydown", signal, (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) present(false);
  });
  return () => {
    const large = size.isLarge();
    root.classList.toggle("xai-presenter", large);
    write(button, large ? "Leave" : "Present");
    if (!large && isFull()) void document.exitFullscreen();
  };
}
