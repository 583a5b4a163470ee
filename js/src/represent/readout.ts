import { h, write } from "../shared/dom";
import { passesLine } from "../shared/explanation/passes";
import { score } from "../shared/words";
import type { RepresentScene } from "./scene";
import type { RepresentStore } from "./store";

/** What is known of the pair that is open. */
export function spokenResult({ seen, cell, question, method }: RepresentStore): string {
  const [row, column] = cell;
  const value = seen.frame?.matrix[row]?.[column] ?? null;
  if (seen.frame === undefined || value === null) return "";
  const error = seen.frame.errors[row]?.[column] ?? null;
  const chance = seen.frame.independent[row]?.[column] ?? null;
  const sure = error === null ? "" : ` ± ${score(error)}`;
  const beside = chance === null ? "" : `, shuffled ${score(chance)}`;
  return `${question.layer} and ${question.beside}: ${method.label} ${score(value)}${sure}${beside}, over ${seen.frame.inputs} pictures.`;
}

/** The line below: how far it is compared. */
export function readout(scene: RepresentScene): HTMLElement {
  const said = h("span", { class: "xai-fact" });
  return passesLine(scene, {
    running: "comparing",
    figures: [said],
    spoken: () => spokenResult(scene.store),
    also: () => write(said, spokenResult(scene.store)),
  });
}
