import { onResize, style } from "../shared/dom";

/** So many times as large as the other texts of the stage words may be: the largest first. */
const SIZES = [3.2, 2.7, 2.3, 1.9, 1.6];

/** Lets words be as large as fit where they stand on the stage; those that never fit scroll. Returns what does it anew. */
export function fill(words: HTMLElement, signal: AbortSignal): () => void {
  const place = (): void => {
    if (words.closest(".xai-presenter") === null) return;
    for (const size of SIZES) {
      style(words, { "--xai-fill": size });
      if (words.scrollHeight <= words.clientHeight + 1) return;
    }
  };
  if (words.parentElement !== null) onResize(words.parentElement, signal, place);
  return place;
}
