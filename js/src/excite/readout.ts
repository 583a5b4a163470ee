import { h, write } from "../shared/dom";
import { predictionValue } from "../shared/explanation/bars";
import { passesLine } from "../shared/explanation/passes";
import { number, percent, score } from "../shared/words";
import type { ExciteScene } from "./scene";
import type { ExciteStore } from "./store";

/** What a screen reader says when the picture is there. */
export function spokenResult({ grown, inverts, what, question }: ExciteStore): string {
  const { frame } = grown;
  if (frame === undefined) return "";
  const [top] = frame.says[0]?.predictions ?? [];
  const seen = top === undefined ? "" : ` The network says ${top.name}: ${predictionValue(top)}.`;
  if (inverts) {
    return `${question.layer} met up to ${percent(frame.error ?? 0)}, correlation ${score(frame.correlation ?? 0)}.${seen}`;
  }
  return `${what}: score ${number(frame.scores[frame.best] ?? 0, 3)}, roughness ${number(frame.roughness)}.${seen}`;
}

/** The line below: how far the picture has come. */
export function readout(scene: ExciteScene): HTMLElement {
  const said = h("span", { class: "xai-fact" });
  return passesLine(scene, {
    running: "growing",
    figures: [said],
    spoken: () => spokenResult(scene.store),
    also: () => write(said, spokenResult(scene.store)),
  });
}
