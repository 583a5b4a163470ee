import { h, percentage, style, write } from "../shared/dom";
import { number } from "../shared/words";
import { along } from "./grown";
import type { ExciteScene } from "./scene";

/** How rough the picture is, beside those that were given. */
export function roughness({ store, signal }: ExciteScene): HTMLElement {
  const value = h("b", { class: "xai-excite-figure" });
  const real = h("i", { class: "xai-excite-real" });
  const mark = h("i", { class: "xai-excite-mark" });
  const words = h("p", { class: "xai-quiet" });
  const show = (): void => {
    const { frame, header } = store.grown;
    const [least = 0, , most = 0] = header?.real ?? [];
    write(value, frame === undefined ? "" : number(frame.roughness));
    style(mark, { left: percentage(along(frame?.roughness ?? 0)) });
    mark.hidden = frame === undefined;
    style(real, { left: percentage(along(least)), width: percentage(Math.max(0.01, along(most) - along(least))) });
    write(words, header === undefined ? "" : `real pictures: ${number(least)} to ${number(most)}`);
  };
  store.signals.follow(["frames"], show, signal);
  return h(
    "section",
    {
      class: "xai-excite-roughness",
      "aria-label": "Roughness",
      title: "The root of the mean squared difference of neighbours, a part of the range of values.",
    },
    h("div", { class: "xai-excite-said" }, h("h3", {}, "Roughness"), value),
    h("div", { class: "xai-excite-gauge", "aria-hidden": true }, real, mark),
    h("div", { class: "xai-excite-ends", "aria-hidden": true }, h("span", {}, "smooth"), h("span", {}, "noise")),
    words,
  );
}
