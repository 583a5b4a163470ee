import { attribute, button, h, percentage, style, write } from "../shared/dom";
import { same } from "../shared/same";
import { renewals } from "../shared/signals";
import { score } from "../shared/words";
import type { ExciteScene } from "./scene";

/** How much of the picture came back from each layer that was inverted until now. */
export function layers({ store, signal }: ExciteScene): HTMLElement {
  const list = h("div", { class: "xai-excite-rows" });
  const renewed = renewals(signal);
  let shown: readonly string[] = [];
  let rows: { element: HTMLElement; bar: HTMLElement; said: HTMLElement }[] = [];
  const build = (): void => {
    const own = renewed();
    rows = shown.map((name) => {
      const bar = h("i", { class: "xai-count-trained" });
      const said = h("span");
      const element = button("", () => store.choose({ layer: name }), own, { class: "xai-count", title: name });
      element.replaceChildren(h("span", {}, name), h("span", {}, bar), said);
      return { element, bar, said };
    });
    list.replaceChildren(...rows.map(({ element }) => element));
  };
  const section = h(
    "section",
    { class: "xai-excite-layers", "aria-label": "Layers that were inverted" },
    h("h3", {}, "Correlation by layer"),
    list,
  );
  const show = (): void => {
    const { frame } = store.grown;
    const { layer } = store.question;
    const met = frame?.met ?? [];
    section.hidden = !store.inverts;
    const names = met.map((row) => row.layer);
    const inView = store.layers.filter((name) => name === layer || names.includes(name));
    if (!same(shown, inView)) {
      shown = inView;
      build();
    }
    rows.forEach(({ element, bar, said }, place) => {
      const name = shown[place] ?? "";
      const known = met.find((row) => row.layer === name);
      style(bar, { width: percentage(Math.max(0, known?.correlation ?? 0)) });
      write(said, known === undefined ? "…" : score(known.correlation));
      attribute(element, "aria-pressed", name === layer);
      attribute(element, "aria-label", `${name}: correlation ${said.textContent ?? ""}`);
    });
  };
  store.signals.follow(["question", "frames"], show, signal);
  return section;
}
