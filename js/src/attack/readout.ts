import { meaning } from "../shared/explanation/meaning";
import { passesLine } from "../shared/explanation/passes";
import type { AttackScene } from "./scene";
import type { AttackStore } from "./store";

/** What a screen reader says when the attacks are finished. */
export function spokenResult({ catalogue, views }: AttackStore): string {
  return views
    .flatMap(({ frame }, view) => {
      const name = catalogue.models[view];
      return frame === undefined ? [] : [`${name ? `${name}: ` : ""}${frame.headline}, ${frame.detail}.`];
    })
    .join(" ");
}

/** The line below: how far it is, in words, what the colours mean, and a button to stop. */
export function readout(scene: AttackScene): HTMLElement {
  const spoken = (): string => spokenResult(scene.store);
  return passesLine(scene, { running: "still attacking", aside: [meaning(scene)], spoken });
}
