import { h, write } from "../shared/dom";
import { passesLine } from "../shared/explanation/passes";
import { effectWords } from "./lane";
import type { ConceptScene } from "./scene";
import type { ConceptStore } from "./store";

/** What a screen reader says when all is computed: the concept in view, in each model. */
export function spokenResult({ catalogue, question, frames, measured }: ConceptStore): string {
  const place = catalogue.concepts.findIndex(({ name }) => name === question.concept);
  const said = catalogue.models.flatMap((model, view) => {
    const row = frames[view]?.rows[place];
    return row == null ? [] : [`${model === "" ? "" : `${model}: `}${effectWords(row, measured)}`];
  });
  return said.length === 0 ? "" : `${question.concept} at ${question.layer}: ${said.join("; ")}.`;
}

/** The line below: how far it is. */
export function readout(scene: ConceptScene): HTMLElement {
  const words = h("span", { class: "xai-fact" });
  return passesLine(scene, {
    running: "drawing random splits",
    figures: [words],
    spoken: () => spokenResult(scene.store),
    also: () => write(words, spokenResult(scene.store)),
  });
}
