import { onResize, style } from "../dom";
import type { LiveScene } from "./scene";

/** The pictures of a stage that are to be seen. */
export function panesOf(stage: HTMLElement): HTMLElement[] {
  return [...stage.querySelectorAll<HTMLElement>(".xai-pane")].filter(({ offsetWidth }) => offsetWidth > 0);
}

/** Keeps elements over pictures, wherever these are by now: beside them in the page, for a picture holds no controls. */
export interface Cover {
  readonly stage: HTMLElement;
  /** Has an element lie over a picture; it is hidden while there is none. */
  put(element: HTMLElement, pane: () => HTMLElement | undefined): void;
  /** Puts all of them where they belong. */
  place(): void;
}

export function cover(stage: HTMLElement, { store, signal }: LiveScene): Cover {
  const places: (readonly [HTMLElement, () => HTMLElement | undefined])[] = [];
  const place = (): void => {
    for (const [element, pane] of places) {
      const found = pane();
      element.hidden = found === undefined;
      if (found === undefined) continue; // What is not there measures nothing: this is called for each frame.
      const from = stage.getBoundingClientRect();
      const { left, top, width, height } = found.getBoundingClientRect();
      const at = { left: left - from.left, top: top - from.top, width, height };
      for (const [name, value] of Object.entries(at)) style(element, { [name]: `${value}px` });
    }
  };
  onResize(stage, signal, place);
  // Other pictures may have taken the place of those there were.
  store.signals.on("frames", place, signal);
  return {
    stage,
    put(element, pane) {
      stage.append(element);
      places.push([element, pane]);
    },
    place,
  };
}
