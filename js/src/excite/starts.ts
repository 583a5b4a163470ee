import { h, write } from "../shared/dom";
import { Pane, SMALL } from "../shared/explanation/picture";
import { number } from "../shared/words";
import { pixels } from "./grown";
import type { ExciteScene } from "./scene";

/** What becomes of all starts, small, the best of them marked: one may fail where another one finds its way. */
export function starts({ store, signal }: ExciteScene): HTMLElement {
  const strip = h("div", { class: "xai-excite-starts", role: "group", "aria-label": "All starts" });
  let small: { pane: Pane; said: HTMLElement; element: HTMLElement }[] = [];
  const show = (): void => {
    const { frame } = store.grown;
    const count = frame?.scores.length ?? 0;
    strip.hidden = store.inverts || count < 2;
    if (frame === undefined) return;
    if (small.length !== count) {
      small = Array.from({ length: count }, () => {
        const pane = new Pane();
        const said = h("span");
        return { pane, said, element: h("div", { class: "xai-excite-start" }, pane.element, said) };
      });
      strip.replaceChildren(...small.map(({ element }) => element));
    }
    const [, height = 1, width = 1] = frame.shape;
    small.forEach(({ pane, said, element }, place) => {
      pane.paint(pixels(frame, place), width, height);
      pane.canvas.classList.toggle("xai-crisp", width <= SMALL);
      const best = place === frame.best;
      write(said, number(frame.scores[place] ?? 0, 3));
      element.title = best ? "The best start, which is large" : `Start ${place + 1}`;
      element.classList.toggle("xai-excite-best", best);
    });
  };
  store.signals.follow(["question", "frames"], show, signal);
  return strip;
}
