import { h } from "../shared/dom";
import { Picture } from "../shared/explanation/picture";
import type { DrawnScene, Scene } from "../shared/explanation/scene";
import { Signals } from "../shared/signals";
import { Grid } from "./grid";
import { mechanism } from "./mechanism";
import type { ExplorerStore } from "./store";

/** What stands in the middle: a picture of each model, or a grid of several methods; made anew when that changes. */
export function stage(scene: DrawnScene & { readonly store: ExplorerStore }): HTMLElement {
  const { store, signal } = scene;
  const element = h("div", { class: "xai-shown" });
  let built = "";
  let own = new AbortController();
  signal.addEventListener("abort", () => own.abort(), { once: true });

  const show = (): void => {
    const cells = store.shownCells;
    const isGrid = cells > 1 || store.cells.length === 1;
    const key = isGrid ? `grid ${cells}` : "pictures";
    if (key === built) return;
    built = key;
    own.abort();
    own = new AbortController();
    const pointers = new Signals<"pointed">();
    const inner: Scene = {
      ...scene,
      signal: own.signal,
      pointer: null,
      pointed: () => pointers.emit("pointed"),
      onPointed: (listener) => pointers.on("pointed", listener, own.signal),
    };
    if (isGrid) {
      element.replaceChildren(new Grid(inner, cells).element);
      return;
    }
    const pictures = store.catalogue.models.map((_, view) => new Picture(inner, view).element);
    element.replaceChildren(h("div", { class: "xai-pictures" }, ...pictures), mechanism(inner, store));
  };
  store.signals.on("frames", show, signal);
  store.signals.on("question", show, signal);
  show();
  return element;
}
