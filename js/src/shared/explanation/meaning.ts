import { h, write } from "../dom";
import { scaleGradient } from "../pixels/colormap";
import { signFor } from "../pixels/sign";
import type { Ends, Progress } from "../protocol";
import { same } from "../same";
import type { Asked, LiveStore } from "./live_store";

/** A view that draws maps whose ends have names. */
interface Told {
  readonly store: LiveStore<Asked, { frame: Progress | undefined; header: { ends: Ends } | undefined }>;
  readonly signal: AbortSignal;
}

/** What the colours of all maps mean, where it is the same; how far those of one go is told beside it. */
export function meaning({ store, signal }: Told): HTMLElement {
  const [lower, bar, upper] = [h("span"), h("span", { class: "xai-gradient", "aria-hidden": true }), h("span")];
  const element = h("span", { class: "xai-meaning", role: "group", "aria-label": "Colour scale" }, lower, bar, upper);
  const show = (): void => {
    const [ends, ...others] = store.views.flatMap(({ header }) => (header === undefined ? [] : [header.ends]));
    element.hidden = ends === undefined || others.some((other) => !same(other, ends));
    if (ends === undefined) return;
    const sign = signFor(store.display.sign, ends);
    write(lower, sign === "both" ? ends[0] : "0");
    write(upper, sign === "absolute" ? "size" : ends[1]);
    bar.style.background = scaleGradient({ ...store.appearance, sign }, undefined);
  };
  store.signals.follow(["frames", "display"], show, signal);
  return element;
}
