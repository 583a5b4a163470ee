import type { Control, Handlers } from "../controls/control";
import { Menu } from "../controls/menu";
import { optionControl } from "../controls/option_control";
import { segments } from "../controls/segments";
import { slider } from "../controls/slider";
import { h } from "../dom";
import { COLORMAPS } from "../pixels/colormap";
import { number } from "../words";
import type { Display } from "./protocol";
import type { LiveScene } from "./scene";

/** The controls of the method in view, built from what the method declares. */
export function methodPanel({ store, signal }: LiveScene): HTMLElement {
  const list = h("div", { class: "xai-controls" });
  const about = h("p", { class: "xai-quiet" }, "This method has no settings.");
  const section = h("section", { "aria-label": "Settings of the method" }, h("h3", {}, "Method"), list, about);
  let built: string | undefined;
  let controls: (readonly [string, Control])[] = [];
  let methodSignal = new AbortController();
  signal.addEventListener("abort", () => methodSignal.abort(), { once: true });

  const show = (): void => {
    const { method, question } = store;
    if (built !== method.name) {
      built = method.name;
      methodSignal.abort();
      methodSignal = new AbortController();
      controls = method.options
        .filter(({ shown }) => shown !== false)
        .map((option) => {
          const handlers: Handlers = {
            hold: (held) => store.hold(option.name, held),
            move: (value) => store.moveOption(option.name, value),
            settle: () => store.settle(),
          };
          return [option.name, optionControl(option, handlers, methodSignal.signal)];
        });
      list.replaceChildren(...controls.map(([, control]) => control.element));
      about.hidden = controls.length > 0;
    }
    for (const [name, control] of controls) control.show(question.options[name]);
  };
  store.signals.on("question", show, signal);
  show();
  return section;
}

/** The controls of how maps are drawn; none of them asks the kernel. */
export function displayPanel({ store, signal }: LiveScene): HTMLElement {
  const handlers = (name: keyof Display): Handlers => ({
    hold: (held) => store.hold(name, held),
    move: (value) => store.draw({ [name]: value }),
    settle: () => store.settleDisplay(),
  });
  const percentText = (value: number): string => `${number(value, 4)} %`;
  const opacity = slider(
    { low: 0, high: 1, step: 0.01, doublings: false, whole: false },
    {
      label: "Overlay",
      sentence: "How much of the map covers the picture.",
      text: (value) => percentText(Math.round(100 * value)),
      spoken: (value) => `${Math.round(100 * value)} percent`,
    },
    handlers("opacity"),
    signal,
  );
  const clip = slider(
    { low: 90, high: 100, step: 0.1, doublings: false, whole: false },
    {
      label: "Clip at",
      sentence: "The percentile of sizes at which the colours end, so that a few large values do not hide the rest.",
      text: percentText,
      spoken: (value) => `${number(value, 4)} percent of the pixels`,
    },
    handlers("clip"),
    signal,
  );
  const smoothing = slider(
    { low: 0, high: 8, step: 0.25, doublings: false, whole: false },
    {
      label: "Smoothing",
      sentence: "The standard deviation, in pixels, of the Gaussian that smooths the map.",
      text: (value) => (value === 0 ? "none" : `${number(value, 3)} px`),
      spoken: (value) => (value === 0 ? "none" : `${number(value, 3)} pixels`),
    },
    handlers("smoothing"),
    signal,
  );
  const layout = segments(
    { label: "Layout", sentence: "The map over the picture, or beside it.", hidden: true },
    [
      { value: "blended", label: "blended" },
      { value: "beside", label: "beside" },
    ],
    handlers("layout"),
    signal,
  );
  const sign = segments(
    { label: "Sign", sentence: "Both signs, positive values alone, or the size of each value.", hidden: true },
    [
      { value: "both", label: "both signs" },
      { value: "positive", label: "positive" },
      { value: "absolute", label: "size" },
    ],
    handlers("sign"),
    signal,
  );
  const colours = new Menu(
    "Colours",
    (name) => {
      store.draw({ colormap: name });
      store.settleDisplay();
    },
    signal,
  );
  const items = [{ heading: null, items: Object.entries(COLORMAPS).map(([value, { label }]) => ({ value, label })) }];
  const show = (): void => {
    const { display } = store;
    opacity.show(display.opacity);
    clip.show(display.clip);
    smoothing.show(display.smoothing);
    layout.show(display.layout);
    sign.show(display.sign);
    colours.show(items, display.colormap);
    opacity.element.hidden = display.layout !== "blended";
  };
  store.signals.on("display", show, signal);
  show();
  return h(
    "section",
    { "aria-label": "Settings of the drawing" },
    h("h3", {}, "Picture"),
    h(
      "div",
      { class: "xai-controls" },
      layout.element,
      opacity.element,
      clip.element,
      smoothing.element,
      sign.element,
      h("div", { class: "xai-control xai-inline" }, h("span", { "aria-hidden": true }, "Colours"), colours.element),
    ),
  );
}
