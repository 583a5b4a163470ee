import { h, uniqueId, write } from "../shared/dom";
import { code } from "../shared/explanation/code";
import { displayPanel, methodPanel } from "../shared/explanation/panel";
import { Picture } from "../shared/explanation/picture";
import { presenter } from "../shared/explanation/presenter";
import { readout } from "../shared/explanation/readout";
import type { Scene } from "../shared/explanation/scene";
import { sentence } from "../shared/explanation/sentence";
import { thumbnails } from "../shared/explanation/thumbnails";
import { keepKeys } from "../shared/keys";
import { Signals } from "../shared/signals";
import { BarsWithBefore } from "./bars";
import { Board } from "./board";
import type { PaintEasel } from "./easel";
import type { PaintStore } from "./store";
import { toolbox } from "./toolbox";

/** Which step through the history a key asks for, where it asks for one; fields to type into have their own. */
function travel({ key, ctrlKey, metaKey, shiftKey, altKey, target }: KeyboardEvent): "undo" | "redo" | undefined {
  if (!(ctrlKey || metaKey) || altKey) return undefined;
  if (target instanceof HTMLInputElement && ["number", "search", "text"].includes(target.type)) return undefined;
  if (key.toLowerCase() === "z") return shiftKey ? "redo" : "undo";
  return key.toLowerCase() === "y" && !shiftKey ? "redo" : undefined;
}

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
      canvas.width = photo.width;
      canvas.height = photo.height;
      canvas.getContext("2d")?.putImageData(new ImageData(photo.rgba, photo.width, photo.height), 0, 0);
      image.src = canvas.toDataURL();
      image.parentElement?.classList.toggle("xai-painted", store.paints.isPainted(index));
    }
  };
  store.changes.on("paint", show, signal);
  store.signals.on("frames", show, signal);
}

/** The sliders of the method and of the drawing, which leave their room to the pictures until they are asked for. */
function settingsPanel(scene: Scene): { button: HTMLElement; panel: HTMLElement } {
  const id = uniqueId("settings");
  const panel = h(
    "aside",
    { class: "xai-panel", id, "aria-label": "Settings", hidden: true },
    methodPanel(scene),
    displayPanel(scene),
  );
  const button = h("button", { type: "button", "aria-expanded": "false", "aria-controls": id }, "Settings");
  button.addEventListener(
    "click",
    () => {
      panel.hidden = !panel.hidden;
      button.setAttribute("aria-expanded", String(!panel.hidden));
    },
    { signal: scene.signal },
  );
  return { button, panel };
}

/** One view of a painter. Whatever it listens to ends with `signal`; who made it takes the element away. */
export function view(store: PaintStore, signal: AbortSignal): HTMLElement {
  const { easel } = store;
  const pointers = new Signals<"pointed">();
  const scene: Scene = {
    store,
    easel,
    signal,
    pointer: null,
    pointed: () => pointers.emit("pointed"),
    onPointed: (listener) => pointers.on("pointed", listener, signal),
  };
  const present = h("button", { type: "button" }, "Present");
  const error = h("div", { class: "xai-error", role: "alert", hidden: true });
  const lines = code(scene);
  const board = new Board(store, easel, signal);
  const classes = store.catalogue.classes.length;
  const bars = store.views.map(() => new BarsWithBefore(classes));
  const pictures = bars.map((own, index) => new Picture(scene, index, own));
  // One model speaks right below the picture that is painted on; several speak each below its own.
  if (bars.length === 1) board.take((bars[0] as BarsWithBefore).element);
  const strip = thumbnails(scene);
  if (strip !== undefined) paintThumbnails(strip, store, easel, signal);
  const stage = h(
    "div",
    { class: `xai-stage xai-workbench${bars.length === 1 ? " xai-alone" : ""}` },
    toolbox(store, easel, signal),
    h("div", { class: "xai-pictures" }, board.element, ...pictures.map(({ element }) => element)),
  );
  const { button: settings, panel } = settingsPanel(scene);
  const card = h(
    "div",
    { class: "xai-card xai-paint" },
    h(
      "header",
      { class: "xai-top" },
      sentence(scene),
      h("div", { class: "xai-actions" }, settings, lines.button, present),
    ),
    lines.panel,
    h("div", { class: "xai-body" }, ...(strip === undefined ? [] : [strip]), stage, panel),
    error,
    readout(scene),
  );
  const root = h("div", { class: "xai", role: "group", "aria-label": "Painter" }, card);
  keepKeys(root, signal, (event) => travel(event) !== undefined);
  root.addEventListener(
    "keydown",
    (event) => {
      const step = travel(event);
      if (step === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      store[step]();
    },
    { signal },
  );
  presenter(scene, root, present);

  const showError = (): void => {
    error.hidden = store.error === null;
    write(error, store.error ?? "");
  };
  store.signals.on("frames", showError, signal);
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
  showError();
  return root;
}
