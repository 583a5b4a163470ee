import { h, write } from "../shared/dom";
import { code } from "../shared/explanation/code";
import type { Easel } from "../shared/explanation/easel";
import { displayPanel, methodPanel, quantityControl } from "../shared/explanation/panel";
import { Picture } from "../shared/explanation/picture";
import { presenter } from "../shared/explanation/presenter";
import { readout } from "../shared/explanation/readout";
import type { Scene } from "../shared/explanation/scene";
import { sentence } from "../shared/explanation/sentence";
import type { Store } from "../shared/explanation/store";
import { thumbnails } from "../shared/explanation/thumbnails";
import { keepKeys } from "../shared/keys";
import { Signals } from "../shared/signals";

/** One view of an explorer. Whatever it listens to ends with `signal`; who made it takes the element away. */
export function view(store: Store, easel: Easel, signal: AbortSignal): HTMLElement {
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
  const pictures = store.views.map((_, index) => new Picture(scene, index));
  const strip = thumbnails(scene);
  const stage = h(
    "div",
    { class: "xai-stage" },
    h("div", { class: "xai-pictures" }, ...pictures.map(({ element }) => element)),
  );
  const beside = { above: quantityControl(scene), remark: () => store.views[0]?.header?.remark ?? "" };
  const panel = h(
    "aside",
    { class: "xai-panel", "aria-label": "Settings" },
    methodPanel(scene, beside),
    displayPanel(scene),
  );
  const card = h(
    "div",
    { class: "xai-card" },
    h("header", { class: "xai-top" }, sentence(scene), h("div", { class: "xai-actions" }, lines.button, present)),
    lines.panel,
    h("div", { class: "xai-body" }, ...(strip === undefined ? [] : [strip]), stage, panel),
    error,
    readout(scene),
  );
  const root = h("div", { class: "xai", role: "group", "aria-label": "Explorer" }, card);
  keepKeys(root, signal);
  presenter(scene, root, present);

  const showError = (): void => {
    error.hidden = store.error === null;
    write(error, store.error ?? "");
  };
  store.signals.on("frames", showError, signal);
  showError();
  return root;
}
