import type { Control } from "../shared/controls/control";
import { optionControl } from "../shared/controls/option_control";
import { slider } from "../shared/controls/slider";
import { attribute, h, style, write } from "../shared/dom";
import { Pane, SMALL } from "../shared/explanation/picture";
import { renewals } from "../shared/signals";
import { cut, number } from "../shared/words";
import { pixels } from "./grown";
import { IN_VIEW } from "./panel";
import type { ExciteScene } from "./scene";
import { starts } from "./starts";

/** The slider in view: a regulariser, or which layer is inverted. */
function inView({ store, signal }: ExciteScene): { element: HTMLElement; show(): void } {
  const element = h("div", { class: "xai-excite-along" });
  const renewed = renewals(signal);
  let kind = "";
  let control: Control | undefined;
  const build = (): void => {
    const own = renewed();
    const option = store.method.options.find(({ name }) => name === IN_VIEW);
    const { layers } = store;
    if (store.inverts) {
      const scale = { low: 0, high: Math.max(1, layers.length - 1), step: 1, doublings: false, whole: true };
      const named = (value: number): string => layers[value] ?? "";
      const words = {
        label: "Layer",
        sentence: "Which layer is inverted: the deeper, the less it keeps.",
        text: (value: number) => cut(named(value), 24),
        spoken: named,
      };
      const handlers = {
        hold: (held: boolean) => store.hold("layer", held),
        move: (value: unknown) => store.move({ layer: layers[Number(value)] ?? "" }),
        settle: () => store.settle(),
      };
      control = slider(scale, words, handlers, own);
    } else if (option !== undefined) {
      const handlers = {
        hold: (held: boolean) => store.hold(option.name, held),
        move: (value: unknown) => store.moveOption(option.name, value),
        settle: () => store.settle(),
      };
      control = optionControl(option, handlers, own);
    }
    element.replaceChildren(...(control === undefined ? [] : [control.element]));
  };
  return {
    element,
    show() {
      const { question, inverts } = store;
      const next = inverts ? `layers of ${question.network}` : store.method.name;
      if (next !== kind) {
        kind = next;
        build();
      }
      control?.show(inverts ? store.layers.indexOf(question.layer) : question.options[IN_VIEW]);
    },
  };
}

/** The picture that grows, large; beside it the one that is inverted; below it what becomes of the other starts. */
export function picture(scene: ExciteScene): HTMLElement {
  const { store, signal } = scene;
  const name = h("b");
  const how = h("span", { class: "xai-quiet", role: "status" });
  const pane = new Pane();
  const given = new Pane();
  const panes = h("div", { class: "xai-excite-panes" }, given.element, pane.element);
  for (const one of [pane, given]) attribute(one.element, "role", "img");
  const figure = h(
    "figure",
    { class: "xai-excite-picture" },
    h("figcaption", {}, name, how),
    h("div", { class: "xai-excite-frame" }, panes),
  );
  const along = inView(scene);
  const others = starts(scene);
  const show = (): void => {
    const { question, inverts } = store;
    const { frame } = store.grown;
    along.show();
    given.element.hidden = !inverts;
    write(name, inverts ? `Picture ${question.index + 1}, and what ${question.layer} keeps` : store.what);
    const photo = inverts ? store.photo(question.index) : undefined;
    if (photo !== undefined) {
      given.paint(photo.rgba, photo.width, photo.height);
      given.canvas.classList.toggle("xai-crisp", photo.width <= SMALL);
      attribute(given.element, "aria-label", `Picture ${question.index + 1} as it was given`);
    }
    if (frame === undefined) return;
    const [, height = 1, width = 1] = frame.shape;
    style(figure, { "--ratio": width / height, "--panes": inverts ? 2 : 1 });
    pane.paint(pixels(frame, frame.best), width, height);
    pane.canvas.classList.toggle("xai-crisp", width <= SMALL);
    const score = frame.scores[frame.best];
    const far = frame.steps < frame.most ? `step ${frame.steps} of ${frame.most}` : `${frame.steps} steps`;
    write(how, score === undefined ? far : `${far}, score ${number(score, 3)}`);
    const seen = inverts ? `Another picture of which ${question.layer} says the same` : `What excites ${store.what}`;
    attribute(pane.element, "aria-label", `${seen}${store.inNetwork}, after ${frame.steps} steps`);
  };
  store.signals.follow(["question", "frames", "display"], show, signal);
  return h("section", { class: "xai-excite-opened", "aria-label": "The picture" }, figure, others, along.element);
}
