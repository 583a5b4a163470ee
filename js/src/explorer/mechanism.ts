import { h, style } from "../shared/dom";
import type { Scene } from "../shared/explanation/scene";
import { atEnd } from "../shared/signals";
import { number } from "../shared/words";
import { part } from "./mechanism_parts";
import type { Arising, ExplorerStore, Pointed } from "./store";

/** How the value under the pointer arises: a small drawing beside it, which moves nothing else. */
export function mechanism(scene: Scene, store: ExplorerStore): HTMLElement {
  const words = h("p");
  const parts = h("div");
  const waiting = h("div", { class: "xai-arises-waiting" }, "working …");
  const about = { class: "xai-arises", role: "note", "aria-label": "How the value arises" };
  const element = h("div", about, words, parts, waiting);
  let shown: Arising | undefined;

  /** The value of the map that the pointer is at: maps of layers are coarser than the picture. */
  const pointed = (): Pointed | null => {
    const { pointer } = scene;
    if (pointer === null) return null;
    const { frame } = store.views[pointer.view] ?? {};
    const plane = scene.easel.sheet(pointer.view)?.drawing.plane;
    if (frame === undefined || plane === undefined) return null;
    const { view, x, y } = pointer;
    const [rows, columns] = frame.shape;
    if (rows === undefined) return null;
    if (columns === undefined) {
      const unit = y * plane.width + x;
      return unit < rows ? { view, at: [unit] } : null;
    }
    return { view, at: [Math.floor((y * rows) / plane.height), Math.floor((x * columns) / plane.width)] };
  };
  const show = (): void => {
    const { arising } = store;
    const wanted = pointed();
    const known = arising?.message.view === wanted?.view ? arising : undefined;
    // Where no kernel is any more, as in a saved page, no answer will come.
    element.hidden = wanted === null || (known === undefined && store.status === "gone");
    if (wanted === null) return;
    const { value = null, sentence = "", parts: found = [], at } = known?.message ?? {};
    // What was asked about before stays, paler, until the answer is there.
    element.classList.toggle("xai-stale", String(at) !== String(wanted.at));
    // Smoothing is done here, of whole maps: the kernel explains what is smoothed.
    const smoothed = store.display.smoothing > 0 && wanted.at.length > 1 ? " before smoothing" : "";
    words.replaceChildren(...(value === null ? [] : [h("b", {}, number(value)), smoothed]), sentence);
    if (known === shown) return;
    shown = known;
    parts.replaceChildren(...found.map((one) => part(one, known?.buffers ?? [])));
  };
  scene.onPointed(() => {
    const wanted = pointed();
    store.inspect(wanted);
    const { pointer } = scene;
    const stage = element.parentElement;
    const pane = stage?.querySelectorAll<HTMLElement>(".xai-panes")[pointer?.view ?? 0];
    if (pointer !== null && stage !== null && pane !== undefined) {
      const width = scene.easel.sheet(pointer.view)?.drawing.plane.width ?? 1;
      const [from, own] = [stage.getBoundingClientRect(), pane.getBoundingClientRect()];
      // On the side where the pointer is not.
      const place = own.left + (own.width * pointer.x) / width - from.left;
      element.classList.toggle("xai-left", place > from.width / 2);
      // On the stage it stands in what the words beside the picture leave.
      const slot = (pane.closest(".xai-slot") ?? pane).getBoundingClientRect();
      style(element, {
        "--left": own.right - from.left,
        "--wide": slot.right - own.right,
        "--below": from.bottom - slot.bottom,
      });
    }
    show();
  });
  atEnd(scene.signal, () => store.inspect(null));
  store.signals.follow(["frames", "display", "status"], show, scene.signal);
  return element;
}
