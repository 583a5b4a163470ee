import { passesLine } from "../shared/explanation/passes";
import type { RandomiseScene } from "./scene";
import type { RandomiseStore } from "./store";
import { alikeWords } from "./words";

/** What a screen reader says when all is known. */
export function spokenResult(store: RandomiseStore): string {
  const { depth, measure } = store.question;
  const each = store.views.flatMap(({ frame, header }) =>
    frame === undefined || header === undefined
      ? []
      : [`${header.title}: ${alikeWords(frame.likeness[measure], depth)}.`],
  );
  return [`${store.resetAt(depth)}.`, ...each].join(" ");
}

/** The line below: how far it is, in words, and a button to stop. */
export function readout(scene: RandomiseScene): HTMLElement {
  return passesLine(scene, { running: "curves still growing", spoken: () => spokenResult(scene.store) });
}
