import { h } from "../shared/dom";
import { card } from "../shared/explanation/card";
import { curtain } from "../shared/explanation/curtain";
import { displayPanel, methodPanel } from "../shared/explanation/panel";
import { curves } from "./curves";
import { maps } from "./maps";
import { randomisePanel } from "./panel";
import { readout } from "./readout";
import type { RandomiseScene } from "./scene";
import { sentence } from "./sentence";
import type { RandomiseStore } from "./store";

/** One view of a randomiser. Whatever it listens to ends with `signal`; who made it takes the element away. */
export function view(store: RandomiseStore, signal: AbortSignal): HTMLElement {
  const divider = curtain({ store, signal }, [["trained", "trained map"]]);
  const scene: RandomiseScene = { store, signal, curtain: divider };
  return card(scene, {
    name: "Randomiser",
    kind: "xai-randomiser",
    sentence: sentence(scene),
    stage: h("div", {}, maps(scene), curves(scene)),
    settings: [methodPanel(scene), randomisePanel(scene), displayPanel(scene, [divider.control])],
    readout: readout(scene),
    steps: ["Drag Reset: layers forget what they learnt.", "A map that explains the network changes then."],
    curtain: divider,
    // Maps say themselves what is wrong with them.
    error: () => (store.views.length > 1 && store.errors.size > 0 ? null : store.error),
  });
}
