import { h, style } from "../shared/dom";
import { card } from "../shared/explanation/card";
import { answers } from "./answers";
import { concepts } from "./concepts";
import { picture } from "./picture";
import { readout } from "./readout";
import type { InterveneScene } from "./scene";
import { sentence } from "./sentence";
import type { InterveneStore } from "./store";

/** One view of an intervener. Whatever it listens to ends with `signal`; who made it takes the element away. */
export function view(store: InterveneStore, signal: AbortSignal): HTMLElement {
  const scene: InterveneScene = { store, signal };
  const parts = [picture(scene), concepts(scene), answers(scene)];
  const { models, concepts: units, groups } = store.catalogue;
  const kind = `xai-intervening xai-shown${models.length > 1 ? " xai-several-told" : ""}`;
  const shown = h("div", { class: kind }, ...parts);
  // On the stage they share the height.
  style(shown, { "--rows": units.length + groups.length, "--models": models.length });
  const knows = store.catalogue.truths !== null;
  return card(scene, {
    name: "Intervener",
    kind: "xai-intervener",
    sentence: sentence(scene),
    stage: h("div", {}, shown),
    settings: [],
    readout: readout(scene),
    steps: [
      "Drag a concept: the answer follows.",
      knows ? "Press Tell the truth: all of a group is told." : "Press Delete: the concept is left alone.",
    ],
  });
}
