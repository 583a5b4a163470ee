import { h, write } from "../shared/dom";
import { passesLine } from "../shared/explanation/passes";
import { score } from "../shared/words";
import { formulaWords } from "./formula";
import type { UnitsScene } from "./scene";
import type { UnitsStore } from "./store";

/** What a screen reader says when all is counted. */
export function spokenResult({ unit, formula, fit, seen }: UnitsStore): string {
  if (fit === undefined || seen.frame === undefined) return "";
  return `Unit ${unit} and ${formulaWords(formula)}: IoU ${score(fit.iou)} of at most ${score(fit.ceiling)}, over ${seen.frame.inputs} pictures.`;
}

/** The line below: how far it is counted. */
export function readout(scene: UnitsScene): HTMLElement {
  const said = h("span", { class: "xai-fact" });
  return passesLine(scene, {
    running: "counting",
    figures: [said],
    spoken: () => spokenResult(scene.store),
    also: () => write(said, spokenResult(scene.store)),
  });
}
