import { h, percentage, style, write } from "../shared/dom";
import { percent, score } from "../shared/words";
import type { ExciteScene } from "./scene";

/** How well the layer is met, and how much of the picture came back. */
export function likeness({ store, signal }: ExciteScene): HTMLElement {
  const rows = [
    ["Relative error", "How far the layer is from what it says of the picture that was given, as a part of that."],
    ["Correlation", "Of the values of both pictures: how much of the picture came back."],
  ].map(([name, title]) => {
    const value = h("b", { class: "xai-excite-figure" });
    const bar = h("i", { class: "xai-count-trained" });
    const row = h(
      "div",
      { title },
      h("div", { class: "xai-excite-said" }, h("span", {}, name ?? ""), value),
      h("div", { class: "xai-excite-bar" }, bar),
    );
    return { row, value, bar };
  });
  const section = h(
    "section",
    { class: "xai-excite-likeness", "aria-label": "How alike" },
    h("h3", {}, "What came back"),
    ...rows.map(({ row }) => row),
  );
  const show = (): void => {
    const { error = null, correlation = null } = store.grown.frame ?? {};
    section.hidden = !store.inverts;
    const [met, alike] = rows;
    if (met === undefined || alike === undefined) return;
    write(met.value, error === null ? "" : percent(error));
    style(met.bar, { width: percentage(Math.min(1, error ?? 0)) });
    write(alike.value, correlation === null ? "" : score(correlation));
    style(alike.bar, { width: percentage(Math.max(0, correlation ?? 0)) });
  };
  store.signals.follow(["question", "frames"], show, signal);
  return section;
}
