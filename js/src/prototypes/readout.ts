import { h, write } from "../shared/dom";
import { passesLine } from "../shared/explanation/passes";
import { score } from "../shared/words";
import type { PrototypeScene } from "./scene";
import type { PrototypeStore } from "./store";

/** What a screen reader says when all is known. */
export function spokenResult({ bills, asked, catalogue }: PrototypeStore): string {
  const sums = bills.map(({ total }, place) => `${catalogue.classes[asked[place] ?? 0] ?? ""} ${score(total)}`);
  return sums.length === 0 ? "" : `The points sum to ${sums.join(", ")}.`;
}

/** The line below: how far the training pictures are looked through. */
export function readout(scene: PrototypeScene): HTMLElement {
  const said = h("span", { class: "xai-fact" });
  return passesLine(scene, {
    running: "looking through the training pictures",
    figures: [said],
    spoken: () => spokenResult(scene.store),
    also: () => write(said, spokenResult(scene.store)),
  });
}
