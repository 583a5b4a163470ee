import { h, write } from "../shared/dom";
import { passesLine } from "../shared/explanation/passes";
import { score } from "../shared/words";
import { WAYS, type WithoutScene } from "./scene";
import type { WithoutStore } from "./store";

/** What is known of the row in words: of each way the column that brings most. */
export function spokenResult(store: WithoutStore): string {
  const { frame, header } = store.seen;
  if (frame === undefined || header === undefined) return "";
  const most = WAYS.map(({ name }, way) => {
    const values = frame.values[way] ?? [];
    const sizes = values.map(Math.abs);
    const column = sizes.indexOf(Math.max(...sizes));
    return `${name} ${store.columnName(column)} ${score(values[column] ?? 0)}`;
  });
  return `Most for ${header.explained}: ${most.join(", ")}.`;
}

/** The line below: how far it is. */
export function readout(scene: WithoutScene): HTMLElement {
  const said = h("span", { class: "xai-fact" });
  return passesLine(scene, {
    running: "drawing rows",
    figures: [said],
    spoken: () => spokenResult(scene.store),
    also: () => write(said, spokenResult(scene.store)),
  });
}
