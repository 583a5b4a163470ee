import { choiceMenu } from "../controls/choice_menu";
import type { Control, Handlers } from "../controls/control";
import { Menu } from "../controls/menu";
import { optionControl } from "../controls/option_control";
import { resets } from "../controls/reset";
import { segments } from "../controls/segments";
import { slider } from "../controls/slider";
import { h, write } from "../dom";
import { holds } from "../options";
import { COLORMAPS } from "../pixels/colormap";
import type { Display, OptionEntry } from "../protocol";
import { atEnd } from "../signals";
import { number } from "../words";
import type { Curtain } from "./curtain";
import type { LiveScene, StoreScene } from "./scene";

/** What a widget adds to the settings of the method: controls above them, and a remark on what they amount to. */
export interface Beside {
  readonly above?: readonly HTMLElement[];
  remark?(): string;
  /** Where the first slider stands in place of the settings: where the eye is. */
  readonly pin?: HTMLElement;
}

/** The line under the stage for the one slider that stays in view; where a method has none, what its idea is. */
export function pin(): HTMLElement {
  return h("div", { class: "xai-pin" });
}

/** Whether an option may stay in view alone: a slider that always counts. */
function isPinned({ kind, slider: ends, aside, when }: OptionEntry): boolean {
  return kind !== "choice" && ends !== null && aside !== true && !when;
}

/** The controls of the method in view, built from what the method declares. */
export function methodPanel({ store, signal }: LiveScene, beside: Beside = {}): HTMLElement {
  const list = h("div", { class: "xai-controls" });
  const more = h("div", { class: "xai-controls" });
  const aside = h("details", { class: "xai-more" }, h("summary", {}, "More"), more);
  const about = h("p", { class: "xai-quiet" }, "This method has no other settings.");
  const remark = h("p", { class: "xai-remark", role: "status", hidden: true });
  const section = h(
    "section",
    { "aria-label": "Settings of the method" },
    h("h3", {}, "Method"),
    ...(beside.above ?? []),
    list,
    about,
    aside,
    remark,
  );
  let built: readonly OptionEntry[] | undefined;
  let method: string | undefined;
  let controls: (readonly [OptionEntry, Control])[] = [];
  let methodSignal = new AbortController();
  atEnd(signal, () => methodSignal.abort());

  const build = (): void => {
    methodSignal.abort();
    methodSignal = new AbortController();
    controls = store.method.options
      .filter(({ shown }) => shown !== false)
      .map((option) => {
        const handlers: Handlers = {
          hold: (held) => store.hold(option.name, held),
          move: (value) => store.moveOption(option.name, value),
          settle: () => store.settle(),
        };
        const control = optionControl(option, handlers, methodSignal.signal);
        resets(control.element, handlers, () => option.default, methodSignal.signal);
        return [option, control];
      });
    const pinned = beside.pin === undefined ? undefined : controls.find(([option]) => isPinned(option));
    const elements = (behind: boolean): HTMLElement[] =>
      controls
        .filter((control) => control !== pinned && (control[0].aside === true) === behind)
        .map(([, { element }]) => element);
    beside.pin?.replaceChildren(pinned?.[1].element ?? h("p", { class: "xai-quiet" }, store.method.sentence));
    list.replaceChildren(...elements(false));
    more.replaceChildren(...elements(true));
    aside.hidden = more.childElementCount === 0;
    about.hidden = list.childElementCount + more.childElementCount > 0;
  };
  const show = (): void => {
    const { question } = store;
    const { options, name } = store.method;
    if (built !== options || method !== name) {
      built = options;
      method = name;
      build();
    }
    for (const [option, control] of controls) {
      control.element.hidden = !holds(option.when, question.options);
      control.offer?.((choice) => holds(option.choices_when?.[choice], question.options));
      control.show(question.options[option.name]);
    }
  };
  const showRemark = (): void => {
    const words = beside.remark?.() ?? "";
    remark.hidden = words === "";
    write(remark, words);
  };
  store.signals.follow(["question", "offer"], show, signal);
  store.signals.follow(["frames"], showRemark, signal);
  return section;
}

/** What is explained of the class, or a channel in its place; nothing where there is no choice. */
export function quantityControl({ store, signal }: StoreScene): HTMLElement[] {
  const kinds = store.catalogue.quantities ?? [];
  if (kinds.length < 2) return [];
  const items = kinds.map(({ name, label }) => ({ value: name, label }));
  const control = choiceMenu(
    { label: "Quantity", sentence: "What is explained." },
    items,
    { move: (value) => store.chooseQuantity(String(value)), settle: () => undefined },
    signal,
  );
  const show = (): void => {
    control.show(store.question.quantity);
    control.element.title = store.quantity?.sentence ?? "";
  };
  store.signals.follow(["question"], show, signal);
  return [control.element];
}

/** Whether the maps of several models are on one colour scale; nothing where there is but one. */
export function scaleControl({ store, signal }: LiveScene): HTMLElement[] {
  if (store.catalogue.models.length < 2) return [];
  const control = segments(
    { label: "Scale", sentence: "A colour scale for the map of each model, or one for all.", hidden: true },
    [
      { value: "own", label: "own scales" },
      { value: "shared", label: "one scale" },
    ],
    {
      move: (value) => store.draw({ scale: value as "shared" }),
      settle: () => store.settleDisplay(),
    },
    signal,
  );
  const show = (): void => control.show(store.display.scale);
  store.signals.follow(["display"], show, signal);
  return [control.element];
}

/** The controls of how maps are drawn; none of them asks the kernel. */
export function displayPanel({ store, signal }: LiveScene, curtain?: Curtain): HTMLElement {
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
  for (const [name, { element }] of Object.entries({ opacity, clip, smoothing })) {
    resets(element, handlers(name as keyof Display), () => store.first.display[name as keyof Display], signal);
  }
  const scale = scaleControl({ store, signal });
  const colours = new Menu(
    "Colours",
    (name) => {
      store.draw({ colormap: name });
      store.settleDisplay();
    },
    signal,
  );
  const ofTable = (store.catalogue.columns ?? null) !== null;
  const items = [{ heading: null, items: Object.entries(COLORMAPS).map(([value, { label }]) => ({ value, label })) }];
  const show = (): void => {
    const { display } = store;
    opacity.show(display.opacity);
    clip.show(display.clip);
    smoothing.show(display.smoothing);
    layout.show(display.layout);
    sign.show(display.sign);
    colours.show(items, display.colormap);
    opacity.element.hidden = ofTable || display.layout !== "blended";
    layout.element.hidden = ofTable;
    clip.element.hidden = ofTable;
    smoothing.element.hidden = ofTable;
  };
  store.signals.follow(["display"], show, signal);
  return h(
    "section",
    { "aria-label": "Settings of the drawing" },
    h("h3", {}, ofTable ? "Bars" : "Picture"),
    h(
      "div",
      { class: "xai-controls" },
      layout.element,
      opacity.element,
      clip.element,
      smoothing.element,
      sign.element,
      ...scale,
      h("div", { class: "xai-control xai-inline" }, h("span", { "aria-hidden": true }, "Colours"), colours.element),
      ...(curtain === undefined || ofTable ? [] : [curtain.control]),
    ),
  );
}
