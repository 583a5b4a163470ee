import { h, write } from "../shared/dom";
import { code } from "../shared/explanation/code";
import { displayPanel, methodPanel, quantityControl } from "../shared/explanation/panel";
import { presenter } from "../shared/explanation/presenter";
import { readout } from "../shared/explanation/readout";
import { sentence } from "../shared/explanation/sentence";
import { thumbnails } from "../shared/explanation/thumbnails";
import { keepKeys } from "../shared/keys";
import { stage } from "./stage";
import type { ExplorerStore } from "./store";

/** One view of an explorer. Whatever it listens to ends with `signal`; who made it takes the element away. */
export function view(store: ExplorerStore, signal: AbortSignal): HTMLElement {
  const scene = { store, easel: store.easel, signal };
  const several = h("button", { type: "button", "aria-pressed": "false", title: "Several methods at once" }, "Grid");
  const present = h("button", { type: "button" }, "Present");
  const error = h("div", { class: "xai-error", role: "alert", hidden: true });
  const lines = code(scene);
  const strip = thumbnails(scene);
  const beside = { above: quantityControl(scene), remark: () => store.focused[0]?.header?.remark ?? "" };
  const panel = h(
    "aside",
    { class: "xai-panel", "aria-label": "Settings" },
    methodPanel(scene, beside),
    displayPanel(scene),
  );
  const card = h(
    "div",
    { class: "xai-card" },
    h(
      "header",
      { class: "xai-top" },
      sentence(scene),
      h("div", { class: "xai-actions" }, several, lines.button, present),
    ),
    lines.panel,
    h("div", { class: "xai-body" }, ...(strip === undefined ? [] : [strip]), stage(scene), panel),
    error,
    readout(scene),
  );
  const root = h("div", { class: "xai", role: "group", "aria-label": "Explorer" }, card);
  keepKeys(root, signal);
  presenter(scene, root, present);

  several.addEventListener("click", () => (store.cells.length > 0 ? store.openCell(store.focus) : store.openGrid()), {
    signal,
  });
  const showGrid = (): void => several.setAttribute("aria-pressed", String(store.cells.length > 0));
  store.signals.on("question", showGrid, signal);
  showGrid();
  const showError = (): void => {
    // The cells of a grid say themselves what is wrong with them.
    const words = store.shownCells > 1 && store.errors.size > 0 ? null : store.error;
    error.hidden = words === null;
    write(error, words ?? "");
  };
  store.signals.on("frames", showError, signal);
  showError();
  return root;
}
