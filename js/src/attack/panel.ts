import { ownPanel } from "../shared/explanation/panel";
import type { AttackScene } from "./scene";

/** The controls of the attack itself. */
export function attackPanel(scene: AttackScene): HTMLElement {
  return ownPanel(scene, scene.store.catalogue.attack, "Attack", "Settings of the attack");
}
