import { ownPanel } from "../shared/explanation/panel";
import type { RandomiseScene } from "./scene";

/** What is not in the sentence of how layers are reset: how often. */
export function randomisePanel(scene: RandomiseScene): HTMLElement {
  const options = scene.store.catalogue.randomise.filter(({ kind }) => kind !== "choice");
  return ownPanel(scene, options, "Resets", "Settings of the resets");
}
