import { h, write } from "../shared/dom";
import { code } from "../shared/explanation/code";
import { displayPanel, methodPanel } from "../shared/explanation/panel";
import { presenter } from "../shared/explanation/presenter";
import { thumbnails } from "../shared/explanation/thumbnails";
import { keepKeys } from "../shared/keys";
import { Column } from "./column";
import { epsilon } from "./epsilon";
import { attackPanel } from "./panel";
import { readout } from "./readout";
import type { AttackScene } from "./scene";
import { sentence } from "./sentence";
import type { AttackStore } from "./store";

/** One view of an attacker. Whatever it listens to ends with `signal`; who made it takes the element away. */
export function view(store: AttackStore, signal: AbortSignal): HTMLElement {
  const scene: AttackScene = { store, signal, comparing: false };
  const present = h("button", { type: "button" }, "Present");
  const compare = h("button", { type: "button", "aria-pressed": "false" }, "Show before");
  const settings = h("button", { type: "button", "aria-expanded": "true" }, "Settings");
  const error = h("div", { class: "xai-error", role: "alert", hidden: true });
  const lines = code(scene);
  const columns = store.views.map((_, index) => new Column(scene, index));
  const strip = thumbnails(scene);
  const stage = h(
    "div",
    { class: "xai-stage" },
    epsilon(scene),
    h("div", { class: "xai-compared" }, ...columns.map(({ element }) => element)),
  );
  stage.style.setProperty("--xai-models", String(columns.length));
  const panel = h(
    "aside",
    { class: "xai-panel", "aria-label": "Settings" },
    attackPanel(scene),
    methodPanel(scene),
    displayPanel(scene),
  );
  const card = h(
    "div",
    { class: "xai-card" },
    h(
      "header",
      { class: "xai-top" },
      sentence(scene),
      h("div", { class: "xai-actions" }, compare, settings, lines.button, present),
    ),
    lines.panel,
    h("div", { class: "xai-body" }, ...(strip === undefined ? [] : [strip]), stage, panel),
    error,
    readout(scene),
  );
  const root = h("div", { class: "xai xai-attacker", role: "group", "aria-label": "Attacker" }, card);
  keepKeys(root, signal);
  presenter(scene, root, present);

  compare.addEventListener(
    "click",
    () => {
      scene.comparing = !scene.comparing;
      compare.setAttribute("aria-pressed", String(scene.comparing));
      for (const column of columns) column.show();
    },
    { signal },
  );
  const open = (shown: boolean): void => {
    panel.hidden = !shown;
    settings.setAttribute("aria-expanded", String(shown));
  };
  settings.addEventListener("click", () => open(panel.hidden === true), { signal });
  // In front of an audience the pictures get the room; the button brings the settings back.
  let large = false;
  const showSize = (): void => {
    if (store.display.presenter !== large) open(large);
    large = store.display.presenter;
  };
  store.signals.on("display", showSize, signal);
  showSize();
  const showError = (): void => {
    error.hidden = store.error === null;
    write(error, store.error ?? "");
  };
  store.signals.on("frames", showError, signal);
  showError();
  return root;
}
