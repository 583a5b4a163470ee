import { h, on } from "../shared/dom";
import { card } from "../shared/explanation/card";
import { answer } from "./answer";
import { settings } from "./panel";
import { pictures } from "./pictures";
import { readout } from "./readout";
import { rows } from "./rows";
import type { PrototypeScene } from "./scene";
import { sentence } from "./sentence";
import type { PrototypeStore } from "./store";

/** One view of a prototype viewer. Whatever it listens to ends with `signal`; who made it takes the element away. */
export function view(store: PrototypeStore, signal: AbortSignal): HTMLElement {
  const scene: PrototypeScene = { store, signal };
  const side = h("div", { class: "xai-bill-side" }, pictures(scene), answer(scene));
  const root = card(scene, {
    name: "Prototype viewer",
    kind: "xai-prototyper",
    sentence: sentence(scene),
    stage: h("div", {}, h("div", { class: "xai-billing xai-shown" }, side, rows(scene))),
    settings: [settings(scene)],
    readout: readout(scene),
    steps: ["Point at an item: its patches are framed.", "Click it: it is struck out."],
  });
  // What stands first is struck out by 1, and so on, wherever nothing else takes figures.
  on(root, "keydown", signal, (event) => {
    const { key, target, ctrlKey, metaKey, altKey } = event;
    const unit = store.seen.frame?.rows[Number(key) - 1]?.unit;
    if (unit === undefined || ctrlKey || metaKey || altKey || event.defaultPrevented) return;
    if (target instanceof Element && target.closest("input, select, textarea, [contenteditable]") !== null) return;
    store.toggle(unit);
    event.preventDefault();
  });
  return root;
}
