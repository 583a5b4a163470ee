import { h } from "../shared/dom";
import { arrange } from "../shared/explanation/arrange";
import { Picture } from "../shared/explanation/picture";
import { pointing } from "../shared/explanation/pointing";
import type { DrawnScene, Scene } from "../shared/explanation/scene";
import { renewals } from "../shared/signals";
import { Grid } from "./grid";
import { markingBoard } from "./marking/board";
import { markOverlay } from "./marking/overlay";
import { mechanism } from "./mechanism";
import type { ExplorerStore } from "./store";

/** What is marked lies over each of the pictures that are shown, once their maps are. */
function showMarks(element: HTMLElement, store: ExplorerStore, signal: AbortSignal): void {
  const overlays = [...element.querySelectorAll<HTMLElement>(".xai-pane")].map((pane) => markOverlay(pane));
  const show = (): void => {
    const { size, mark, predictsFirst } = store;
    const marked = predictsFirst ? mark : { ...mark, area: [], spots: [] };
    for (const lay of overlays) lay(marked, size.width, size.height);
  };
  store.signals.follow(["display", "question"], show, signal);
}

/**
 * What stands in the middle: a picture of each model, or a grid of several methods, or while their maps are hidden the
 * picture to mark on; made anew when that changes.
 */
export function stage(scene: DrawnScene & { readonly store: ExplorerStore }): HTMLElement {
  const { store, signal } = scene;
  const element = h("div", { class: "xai-shown" });
  let built = "";
  const renewed = renewals(signal);

  const show = (): void => {
    const cells = store.shownCells;
    const isGrid = cells > 1 || store.cells.length === 1;
    const key = store.hidden ? "board" : isGrid ? `grid ${cells}` : "pictures";
    if (key === built) return;
    built = key;
    const own = renewed();
    const inner: Scene = { ...scene, signal: own, ...pointing(own) };
    if (store.hidden) {
      element.replaceChildren(h("div", { class: "xai-pictures" }, markingBoard(store, own)));
      return;
    }
    if (isGrid) {
      element.replaceChildren(new Grid(inner, cells).element);
      showMarks(element, store, own);
      return;
    }
    const each = store.catalogue.models.map((_, view) => new Picture(inner, view).element);
    const pictures = h("div", { class: "xai-pictures" }, ...each);
    arrange(inner, pictures);
    element.replaceChildren(pictures, mechanism(inner, store));
    showMarks(element, store, own);
  };
  store.signals.follow(["frames", "question", "display"], show, signal);
  return element;
}
