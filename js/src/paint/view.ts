import { h, on } from "../shared/dom";
import { arrange } from "../shared/explanation/arrange";
import { card } from "../shared/explanation/card";
import { displayPanel, methodPanel, pin, sliderStep } from "../shared/explanation/panel";
import { Picture } from "../shared/explanation/picture";
import { pointing } from "../shared/explanation/pointing";
import { readout } from "../shared/explanation/readout";
import type { Scene } from "../shared/explanation/scene";
import { sentence } from "../shared/explanation/sentence";
import { showPixels } from "../shared/explanation/show_pixels";
import { travel } from "../shared/history";
import { claim } from "../shared/keys";
import { BarsWithBefore } from "./bars";
import { Board } from "./board";
import type { PaintEasel } from "./easel";
import type { PaintStore } from "./store";
import { toolbox } from "./toolbox";

/** Shows on the thumbnails what is painted on the pictures, and says so. */
function paintThumbnails(strip: HTMLElement, store: PaintStore, easel: PaintEasel, signal: AbortSignal): void {
  const images = [...strip.querySelectorAll("img")];
  const canvas = h("canvas");
  const shown = new Map<number, unknown>();
  const show = (): void => {
    for (const index of store.paints.indices) {
      const image = images[index];
      const photo = store.paints.isHeld(index) ? undefined : easel.painted(index);
      if (image === undefined || photo === undefined || shown.get(index) === photo) continue;
      shown.set(index, photo);
      showPixels(canvas, photo.rgba, photo.width, photo.height);
      image.src = canvas.toDataURL();
      image.parentElement?.classList.toggle("xai-painted", store.paints.isPainted(index));
    }
  };
  store.changes.on("paint", show, signal);
  store.signals.on("frames", show, signal);
}

/** One view of a painter. Whatever it listens to ends with `signal`; who made it takes the element away. */
export function view(store: PaintStore, signal: AbortSignal): HTMLElement {
  const { easel } = store;
  const scene: Scene = { store, easel, signal, ...pointing(signal) };
  const board = new Board(store, easel, signal);
  const bars = store.views.map((_, index) => new BarsWithBefore(store, index));
  const pictures = bars.map((own, index) => new Picture(scene, index, own));
  // One model speaks right below the picture that is painted on; several speak each below its own.
  if (bars.length === 1) board.take((bars[0] as BarsWithBefore).element);
  const shown = h("div", { class: "xai-pictures xai-shown" }, board.element, ...pictures.map(({ element }) => element));
  arrange(scene, shown);
  const pinned = pin();
  const root = card(scene, {
    name: "Painter",
    kind: "xai-paint",
    sentence: sentence(scene),
    stage: h(
      "div",
      { class: `xai-workbench${bars.length === 1 ? " xai-alone" : ""}` },
      toolbox(store, easel, signal),
      shown,
      pinned,
    ),
    settings: [methodPanel(scene, { pin: pinned }), displayPanel(scene)],
    readout: readout(scene),
    get steps() {
      return ["Paint on the picture: bars and maps follow.", ...sliderStep(pinned)];
    },
    ownHistory: true,
  });
  const strip = root.querySelector<HTMLElement>(".xai-thumbnails");
  if (strip !== null) paintThumbnails(strip, store, easel, signal);
  on(root, "keydown", signal, (event) => {
    const step = travel(event);
    if (step === undefined) return;
    claim(event);
    store[step]();
  });
  // The map lies over the picture as it is now, also before the next one comes.
  let due = false;
  const repaint = (): void => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      if (!signal.aborted) for (const picture of pictures) picture.refresh();
    });
  };
  store.changes.on("paint", repaint, signal);
  return root;
}
