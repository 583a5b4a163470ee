import { h, write } from "../shared/dom";
import { passesLine } from "../shared/explanation/passes";
import { number, percent } from "../shared/words";
import type { DictionaryScene } from "./scene";
import type { DictionaryStore } from "./store";

/** What a screen reader says when the dictionary is fitted. */
export function spokenResult({ seen: { frame, header } }: DictionaryStore): string {
  if (frame === undefined) return "";
  const { unexplained, active, dead } = frame.fit;
  const steps = frame.steps === null ? "" : `, after ${frame.steps} steps`;
  return `${frame.features} features of ${header?.units ?? "all"} units${steps}: ${percent(unexplained)} unexplained, ${number(active)} active at once, ${dead} dead.`;
}

/** The line below: how far it is fitted. */
export function readout(scene: DictionaryScene): HTMLElement {
  const said = h("span", { class: "xai-fact" });
  return passesLine(scene, {
    running: "fitting",
    figures: [said],
    spoken: () => spokenResult(scene.store),
    also: () => write(said, spokenResult(scene.store)),
  });
}
