import { h, write } from "../shared/dom";
import { passesLine } from "../shared/explanation/passes";
import { chance, score } from "../shared/words";
import type { InterveneScene } from "./scene";
import { largest } from "./seen";
import type { InterveneStore } from "./store";

/** What a screen reader says when all is computed: what each model answers. */
export function spokenResult({ catalogue, views, question }: InterveneStore): string {
  const said = views.flatMap(({ frame }, view) => {
    const top = frame && largest(frame.now);
    if (frame === undefined || top === undefined) return [];
    const amount = frame.now[top] ?? 0;
    const model = catalogue.models[view];
    return [`${model ? `${model}: ` : ""}${catalogue.classes[top]} ${frame.chances ? chance(amount) : score(amount)}`];
  });
  const told = Object.keys(question.told).length;
  return said.length === 0 ? "" : `${told === 0 ? "Nothing told" : `${told} told`}: ${said.join("; ")}.`;
}

/** The line below: how far it is. */
export function readout(scene: InterveneScene): HTMLElement {
  const words = h("span", { class: "xai-fact" });
  return passesLine(scene, {
    running: "finding what to ask for",
    figures: [words],
    spoken: () => spokenResult(scene.store),
    also: () => write(words, spokenResult(scene.store)),
  });
}
