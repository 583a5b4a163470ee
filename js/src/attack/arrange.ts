import { onResize } from "../shared/dom";

/**
 * Lets several networks stand where their pictures are largest: a column for each, or below each other a row for each.
 * Both are tried: what the words around a picture take is known to the style sheet alone.
 */
export function arrange(compared: HTMLElement, signal: AbortSignal): void {
  const size = (rows: boolean): number => {
    compared.classList.toggle("xai-rows", rows);
    return Math.min(...[...compared.querySelectorAll<HTMLElement>(".xai-pane")].map((pane) => pane.offsetHeight));
  };
  onResize(compared, signal, () => {
    const count = compared.childElementCount;
    const rows = compared.closest(".xai-presenter") !== null && count > 1 ? size(true) : 0;
    // Four rows show pictures on more of the height than three do: they may be a little smaller.
    if (rows * (count > 3 ? 1.2 : 1) > size(false)) size(true);
  });
}
