import { h } from "../shared/dom";
import { card } from "../shared/explanation/card";
import { methodPanel } from "../shared/explanation/panel";
import { accuracy } from "./answers";
import { curves } from "./curves";
import { opened } from "./opened";
import { readout } from "./readout";
import type { DictionaryScene } from "./scene";
import { sentence } from "./sentence";
import type { DictionaryStore } from "./store";
import { tiles } from "./tiles";

/** One view of a decomposer. Whatever it listens to ends with `signal`; who made it takes the element away. */
export function view(store: DictionaryStore, signal: AbortSignal): HTMLElement {
  const scene: DictionaryScene = { store, signal };
  const pinned = h("div", { class: "xai-along" });
  const settings = methodPanel(scene, { pin: pinned, pinned: ({ name }) => name === store.along.name });
  const stage = h(
    "div",
    { class: "xai-dictionary xai-shown" },
    curves(scene, pinned),
    tiles(scene),
    opened(scene),
    accuracy(scene),
  );
  return card(scene, {
    name: "Decomposer",
    kind: "xai-decomposer",
    sentence: sentence(scene),
    stage: h("div", {}, stage),
    settings: [settings],
    readout: readout(scene),
    steps: ["Drag the slider: the dictionary is fitted anew.", "Click a feature: its pictures open."],
    strip: false,
  });
}
