import { attribute, button, h, on } from "../dom";
import { travel } from "../history";
import { claim } from "../keys";
import type { LiveScene } from "./scene";

/** The buttons that take back the last change of a setting, make it again, and bring all back as it was at first. */
export function travels({ store, signal }: LiveScene): HTMLElement {
  const buttons = (["undo", "redo"] as const).map((way) => {
    const words = way === "undo" ? "Undo" : "Redo";
    const keys = way === "undo" ? "Ctrl+Z" : "Ctrl+Shift+Z";
    const named = { "aria-label": `${words} the last setting`, title: keys };
    return button(words, () => store.travel(way), signal, named);
  });
  const show = (): void => {
    const [undo, redo] = buttons;
    // Never disabled in earnest, or the keys would lose their place.
    if (undo !== undefined) attribute(undo, "aria-disabled", !store.steps.canUndo);
    if (redo !== undefined) attribute(redo, "aria-disabled", !store.steps.canRedo);
  };
  const title = "All settings as they were at first";
  const reset = button("Reset all", () => store.resetAll(), signal, { title });
  store.signals.follow(["steps"], show, signal);
  return h("div", { class: "xai-travels", role: "group", "aria-label": "Settings there were" }, ...buttons, reset);
}

/** Lets the keys of every program do the same. */
export function travelKeys(root: HTMLElement, { store, signal }: LiveScene): void {
  on(root, "keydown", signal, (event) => {
    const way = travel(event);
    if (way === undefined || event.defaultPrevented) return;
    claim(event);
    store.travel(way);
  });
}
