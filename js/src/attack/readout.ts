import { h, write } from "../shared/dom";
import { KERNEL_WORDS } from "../shared/explanation/readout";
import { count } from "../shared/words";
import type { AttackScene } from "./scene";
import type { AttackStore } from "./store";

/** What a screen reader says when the attacks are finished. */
export function spokenResult({ catalogue, views }: AttackStore): string {
  return views
    .flatMap(({ frame }, view) => {
      const name = catalogue.models[view];
      return frame === undefined ? [] : [`${name ? `${name}: ` : ""}${frame.headline}, ${frame.detail}.`];
    })
    .join(" ");
}

/** The line below: what it cost, and a button to stop. */
export function readout({ store, signal }: AttackScene): HTMLElement {
  const fill = h("span");
  const progress = h(
    "div",
    { class: "xai-progress", role: "progressbar", "aria-label": "Passes", "aria-valuemin": 0 },
    fill,
  );
  const spent = h("b");
  const planned = h("span");
  const kernel = h("span", { class: "xai-kernel", role: "status" });
  const spoken = h("span", { class: "xai-spoken", role: "status" });
  const stop = h("button", { type: "button", disabled: true }, "Stop");
  stop.addEventListener("click", () => store.stop(), { signal });
  let said = "";

  const show = (): void => {
    const { current, running } = store;
    const frames = current.flatMap(({ frame }) => (frame === undefined ? [] : [frame]));
    const total = frames.reduce((sum, frame) => sum + frame.evaluations, 0);
    const all = frames.reduce((sum, frame) => sum + frame.planned, 0);
    fill.style.width = `${(100 * Math.min(1, total / (all || 1))).toFixed(1)}%`;
    progress.setAttribute("aria-valuemax", String(all));
    progress.setAttribute("aria-valuenow", String(total));
    progress.setAttribute("aria-valuetext", `${total} of ${count(all, "pass", "passes")}`);
    write(spent, frames.length === 0 ? "" : String(total));
    const stopped = frames.some((frame) => frame.stopped) ? ", stopped" : "";
    write(planned, frames.length === 0 ? "" : ` of ${count(all, "pass", "passes")}${stopped}`);
    stop.disabled = !running;
    if (running || frames.length !== store.views.length) return;
    const words = spokenResult(store);
    if (words !== said) write(spoken, words);
    said = words;
  };
  const showKernel = (): void => {
    const words = store.saved && store.status !== "live" ? "saved picture: run the cell to make it live" : "";
    write(kernel, words || KERNEL_WORDS[store.status]);
  };
  store.signals.on("frames", show, signal);
  store.signals.on("status", showKernel, signal);
  show();
  showKernel();
  return h(
    "footer",
    { class: "xai-readout" },
    h("div", { class: "xai-facts" }, progress, h("span", { class: "xai-fact" }, spent, planned), kernel),
    stop,
    spoken,
  );
}
