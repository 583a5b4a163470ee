import { choiceMenu } from "../controls/choice_menu";
import { type Declared, optionControls, showOptions } from "../controls/option_controls";
import { h, tell } from "../dom";
import type { Display, OptionEntry } from "../protocol";
import { renewals } from "../signals";
import type { LiveScene, StoreScene } from "./scene";

/** What a widget adds to the settings of the method: controls above them, and a remark on what they amount to. */
export interface Beside {
  readonly above?: readonly HTMLElement[];
  remark?(): string;
  /** Where one slider stands in place of the settings: where the eye is. */
  readonly pin?: HTMLElement;
  /** Whether it is that of an option; by default of the first that always counts. */
  readonly pinned?: (option: OptionEntry) => boolean;
}

/** The line under the stage for the one slider that stays in view; where a method has none, what its idea is. */
export function pin(): HTMLElement {
  return h("div", { class: "xai-pin" });
}

/** The first step of who has a slider in view; without one there is none. */
export function sliderStep(pinned: HTMLElement): string[] {
  return pinned.querySelector("input") === null ? [] : ["Drag the slider: the map follows."];
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
  let controls: Declared[] = [];
  const methodSignal = renewals(signal);

  const build = (): void => {
    controls = optionControls(
      store.method.options.filter(({ shown }) => shown !== false),
      (name) => ({
        hold: (held) => store.hold(name, held),
        move: (value) => store.moveOption(name, value),
        settle: () => store.settle(),
      }),
      (option) => option.default,
      methodSignal(),
    );
    const pinned = beside.pin && controls.find(([option]) => (beside.pinned ?? isPinned)(option));
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
    showOptions(controls, question.options);
  };
  const showRemark = (): void => tell(remark, beside.remark?.() ?? "");
  store.signals.follow(["question", "offer"], show, signal);
  store.signals.follow(["frames"], showRemark, signal);
  return section;
}

/** The controls of what a widget asks beside the method, built from what it declares, with `more` below. */
export function ownPanel(
  { store, signal }: LiveScene,
  options: readonly OptionEntry[],
  heading: string,
  label: string,
  more: readonly HTMLElement[] = [],
): HTMLElement {
  const controls = optionControls(
    options,
    (name) => ({
      hold: (held) => store.hold(name, held),
      move: (value) => store.move({ [name]: value }),
      settle: () => store.settle(),
    }),
    (option) => option.default,
    signal,
  );
  store.signals.follow(["question"], () => showOptions(controls, { ...store.question }), signal);
  return h(
    "section",
    { "aria-label": label },
    h("h3", {}, heading),
    h("div", { class: "xai-controls" }, ...controls.map(([, { element }]) => element), ...more),
  );
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

/** How maps are drawn, built from what the kernel declares, with `more` below; none of it asks the kernel. */
export function displayPanel(
  { store, signal }: LiveScene,
  more: readonly HTMLElement[] = [],
  heading = "Picture",
  label = "Settings of the drawing",
): HTMLElement {
  const controls = optionControls(
    store.catalogue.drawing,
    (name) => ({
      hold: (held) => store.hold(name, held),
      move: (value) => store.draw({ [name]: value }),
      settle: () => store.settleDisplay(),
    }),
    ({ name }) => store.first.display[name as keyof Display],
    signal,
    true,
  );
  store.signals.follow(["display"], () => showOptions(controls, { ...store.display }), signal);
  return h(
    "section",
    { "aria-label": label },
    h("h3", {}, heading),
    h("div", { class: "xai-controls" }, ...controls.map(([, { element }]) => element), ...more),
  );
}
