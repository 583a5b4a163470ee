import { segments } from "../../shared/controls/segments";
import { button, h, on, write } from "../../shared/dom";
import type { Mark } from "../../shared/protocol";
import type { ExplorerStore } from "../store";
import { results } from "./results";
import { markedWords } from "./words";

interface Shared {
  readonly store: ExplorerStore;
  readonly signal: AbortSignal;
}

/** Below the picture: what one marks with and what is marked, and once the map is revealed how much of it lies there. */
export function markingBar({ store, signal }: Shared): HTMLElement {
  const tools = segments(
    { label: "Mark with", sentence: "A brush, or spots that are clicked once for each hand.", hidden: true },
    [
      { value: "true", label: "Brush" },
      { value: "false", label: "Hands" },
    ],
    { move: (brushes) => store.brush(brushes === "true"), settle: () => undefined },
    signal,
  );
  const clear = button("Clear", () => store.setMark({ area: [], spots: [] }), signal);
  const reveal = button("Reveal the map", () => store.setMark({ revealed: !store.mark.revealed }), signal);
  const words = h("p", { role: "status" });
  const [headline = words, ...found] = results({ store, signal });
  const ways = [tools.element, clear];
  const row = h("div", { class: "xai-marking-row" }, ...ways, headline, reveal);
  const element = h("section", { class: "xai-marking", "aria-label": "Prediction" }, row, words, ...found);
  let told: Mark | null | undefined;
  const show = (): void => {
    const { hidden, predictsFirst, brushes, mark } = store;
    element.hidden = !predictsFirst;
    if (!predictsFirst) return;
    for (const part of [...ways, words]) part.hidden = !hidden;
    tools.show(String(brushes));
    write(reveal, hidden ? "Reveal the map" : "Hide again");
    reveal.classList.toggle("xai-reveal", hidden);
    // To tell where it is all of the mask is looked at: not at every move of a slider.
    const now = hidden ? mark : null;
    if (now !== told) write(words, now === null ? "" : markedWords(store.mask, now.spots));
    told = now;
  };
  store.signals.follow(["display", "question", "frames"], show, signal);
  return element;
}

/** Whether one predicts first: a box to tick among the settings; nothing where there is nothing to mark on. */
export function predictFirstControl({ store, signal }: Shared): HTMLElement[] {
  if (!("predict_first" in store.first)) return [];
  const box = h("input", { type: "checkbox" });
  const title = "Hide the map until it is revealed, and mark where the evidence will be.";
  on(box, "change", signal, () => store.predictFirst(box.checked));
  const show = (): void => {
    box.checked = store.predictsFirst;
  };
  store.signals.follow(["display"], show, signal);
  const label = h("label", { class: "xai-predict-first" }, box, "Predict first");
  return [h("section", { "aria-label": "Prediction", title }, label)];
}
