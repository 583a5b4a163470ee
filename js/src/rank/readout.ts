import { h, write } from "../shared/dom";
import { passesLine } from "../shared/explanation/passes";
import type { RankScene } from "./scene";
import type { RankStore } from "./store";
import { meanWords } from "./table";

/** What a screen reader says when the table is filled in: the best of each column. */
export function spokenResult({ table }: RankStore): string {
  const { frame, header } = table;
  if (frame === undefined || header === undefined) return "";
  const bests = header.labels.map((label, column) => {
    const row = frame.ranks.findIndex((ranks) => ranks[column] === 1);
    return `${label}: ${header.titles[row] ?? "several"}, ${meanWords(frame.values[row]?.[column], frame.errors[row]?.[column])}`;
  });
  return `Best over ${frame.inputs} pictures. ${bests.join("; ")}.`;
}

/** The line below: how far the table is filled in. */
export function readout(scene: RankScene): HTMLElement {
  const bests = h("span", { class: "xai-fact" });
  return passesLine(scene, {
    running: "the table fills in",
    figures: [bests],
    spoken: () => spokenResult(scene.store),
    also: () => write(bests, spokenResult(scene.store)),
  });
}
