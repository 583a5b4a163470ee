import { h, style, write } from "../shared/dom";
import type { Scene } from "../shared/explanation/scene";
import { atEnd } from "../shared/signals";
import { number } from "../shared/words";
import { part } from "./mechanism_parts";
import type { Arising, ExplorerStore, Pointed } from "./store";

/** How the value under the pointer arises: a small drawing beside it, which moves nothing else. */
export function mechanism(scene: Scene, store: ExplorerStore): HTMLElement {
  const value = h("b");
  const words = h("p", {}, value, " is ");
  const sentence = document.createTextNode("");
  words.append(sentence);
  const parts = h("div");
  const element = h("div", { class: "xai-arises", role: "note", "aria-label": "How the value arises", hidden: true });
  element.append(words, parts);
  let shown: Arising | undefined;

  /** The value of the map that the pointer is at: maps of layers are coarser than the picture. */
  const pointed = (): Pointed | null => {
    const { pointer } = scene;
    if (pointer === null) return null;
    const { frame, header } = store.views[pointer.view] ?? {};
    const plane = scene.easel.sheet(pointer.view)?.drawing.plane;
    if (frame === undefined || plane === undefined || !store.canInspect(header?.state.method)) return null;
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
    const known = wanted !== null && arising !== undefined && arising.message.view === wanted.view;
    element.hidden = !known;
    if (!known) return;
    // What was asked about before stays, paler, until the answer is there.
    element.classList.toggle("xai-stale", String(arising.message.at) !== String(wanted.at));
    if (arising === shown) return;
    shown = arising;
    const { message, buffers } = arising;
    const { height } = scene.easel.sheet(message.view)?.drawing.plane ?? {};
    const coarse = store.views[message.view]?.frame?.shape[0] !== height;
    // The read-out is between the places of a coarse map: which of them this is has to be said.
    const where = coarse && message.place !== undefined ? ` (${message.place})` : "";
    words.replaceChildren(...(message.value === null ? [sentence] : [value, `${where} is `, sentence]));
    if (message.value !== null) write(value, number(message.value));
    sentence.data = message.sentence;
    parts.replaceChildren(...message.parts.map((one) => part(one, buffers)));
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
  store.signals.on("frames", show, scene.signal);
  return element;
}
