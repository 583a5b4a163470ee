import { write } from "../dom";
import type { LiveScene } from "./scene";

/** Lets the button bring a view to presenter size, in full screen where the page may have it, and the Escape key back. */
export function presenter({ store, signal }: LiveScene, root: HTMLElement, button: HTMLElement): void {
  const isFull = (): boolean => (root.getRootNode() as Document | ShadowRoot).fullscreenElement === root;
  const present = (large: boolean): void => {
    if (store.display.presenter === large) return;
    store.draw({ presenter: large });
    store.settleDisplay();
  };
  const show = (): void => {
    const large = store.display.presenter;
    root.classList.toggle("xai-presenter", large);
    write(button, large ? "Leave" : "Present");
    if (!large && isFull()) void document.exitFullscreen();
  };
  button.addEventListener(
    "click",
    () => {
      present(!store.display.presenter);
      // Not every page may fill the screen; the size is what counts.
      if (store.display.presenter) root.requestFullscreen?.().catch(() => undefined);
    },
    { signal },
  );
  // The Escape key that ends full screen is the browser's own, and no key event tells of it.
  root.addEventListener("fullscreenchange", () => present(isFull()), { signal });
  root.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) present(false);
    },
    { signal },
  );
  store.signals.on("display", show, signal);
  show();
}
