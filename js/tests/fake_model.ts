import type { AnyModel } from "@anywidget/types";
import colormaps from "../../xai_widgets/render/colormaps.json";
import type {
  Catalogue,
  Display,
  FrameMessage,
  Header,
  MethodEntry,
  OptionEntry,
  Traits,
  Values,
} from "../src/shared/protocol";

type Listener = (...values: unknown[]) => void;

/** A widget's model without a kernel: it remembers what was sent, and delivers what a test says. */
export class FakeModel {
  readonly sent: Record<string, unknown>[] = [];
  /** What each `save_changes` brought to Python. */
  readonly saved: Record<string, unknown>[] = [];
  protected readonly listeners = new Map<string, Set<Listener>>();
  protected unsaved: Record<string, unknown> = {};

  constructor(readonly traits: Record<string, unknown>) {}

  get(name: string): unknown {
    return this.traits[name];
  }

  set(name: string, value: unknown): void {
    this.unsaved[name] = value;
    this.arrive({ [name]: value });
  }

  save_changes(): void {
    this.saved.push(this.unsaved);
    this.unsaved = {};
  }

  send(content: Record<string, unknown>): void {
    this.sent.push(structuredClone(content));
  }

  on(name: string, listener: Listener): void {
    this.listeners.set(name, (this.listeners.get(name) ?? new Set()).add(listener));
  }

  off(name: string, listener: Listener): void {
    this.listeners.get(name)?.delete(listener);
  }

  /** Traits change, as they do when Python sets them. */
  arrive(traits: Record<string, unknown>): void {
    const changed = Object.keys(traits).filter((name) => this.traits[name] !== traits[name]);
    Object.assign(this.traits, traits);
    for (const name of changed) this.emit(`change:${name}`);
  }

  emit(name: string, ...values: unknown[]): void {
    for (const listener of [...(this.listeners.get(name) ?? [])]) listener(...values);
  }

  /** The kernel sends a message; frames are of one view for each model, where they say nothing else. */
  deliver(content: unknown, buffers: unknown[] = []): void {
    const views = (this.traits.catalogue as Catalogue | undefined)?.models.length;
    const isFrame = (content as { type?: unknown } | null)?.type === "frame";
    this.emit("msg:custom", isFrame ? { views, ...(content as object) } : content, buffers);
  }

  /** The kernel settles what was asked for last: the traits are those that follow from it. */
  async follow(traits: Record<string, unknown>): Promise<void> {
    this.arrive(traits);
    await Promise.resolve();
  }

  get listenerCount(): number {
    return [...this.listeners.values()].reduce((sum, set) => sum + set.size, 0);
  }

  of(type: string): Record<string, unknown>[] {
    return this.sent.filter((message) => message.type === type);
  }

  /** The same object with the type that the code under test takes. */
  get model(): AnyModel<Traits> {
    return this as unknown as AnyModel<Traits>;
  }
}

/** The part of a question that says that a class's score is explained. */
export const SCORE = { quantity: "score", channel_layer: null, channel: null, grid: [], focus: 0 };

/** An option as Python declares it, with all that was left out. */
export function option(own: Pick<OptionEntry, "name" | "default"> & Partial<OptionEntry>): OptionEntry {
  return {
    kind: typeof own.default === "number" ? "integer" : "choice",
    label: own.name,
    sentence: "",
    minimum: null,
    maximum: null,
    slider: null,
    zero_last: false,
    scale: "linear",
    step: null,
    unit: "",
    choices: [],
    at_most: null,
    labels: {},
    when: null,
    choices_when: {},
    shown: true,
    aside: false,
    ...own,
  };
}

/** A method as Python declares it, with all that was left out. */
export function method(own: Pick<MethodEntry, "name"> & Partial<MethodEntry>): MethodEntry {
  return {
    label: own.name,
    sentence: "",
    reference: "",
    family: "",
    alike: "",
    takes_layer: false,
    needs_layer: false,
    options: [],
    ...own,
  };
}

/** The options that a method begins with. */
export function defaults({ options }: Pick<MethodEntry, "options">): Values {
  return Object.fromEntries(options.map((one) => [one.name, one.default]));
}

export const CATALOGUE: Catalogue = {
  models: ["one", "two"],
  classes: ["cat", "dog", "bird"],
  layers: ["conv1", "conv2"],
  methods: [
    method({
      name: "path",
      label: "Path",
      sentence: "Follows a path.",
      takes_layer: true,
      options: [
        option({
          name: "steps",
          default: 64,
          label: "Steps",
          sentence: "How many pieces.",
          minimum: 1,
          slider: [1, 512],
          scale: "doublings",
          unit: "steps",
        }),
        option({
          name: "start",
          default: "black",
          label: "Start",
          sentence: "Where it begins.",
          choices: ["black", "white"],
        }),
        option({ name: "seed", default: 0, label: "Seed", sentence: "Which noise.", minimum: 0, shown: false }),
      ],
    }),
    method({
      name: "cover",
      label: "Cover",
      sentence: "Covers a part.",
      options: [
        option({
          name: "window",
          default: 8,
          label: "Window",
          sentence: "How large.",
          slider: [1, 28],
          step: 1,
          unit: "pixels",
        }),
        option({
          name: "stride",
          default: 4,
          label: "Stride",
          sentence: "How far.",
          slider: [1, 28],
          step: 1,
          unit: "pixels",
          at_most: "window",
        }),
      ],
    }),
  ],
  families: [],
  quantities: [],
  pictures: [
    { label: "first", width: 2, height: 2, src: "data:image/png;base64," },
    { label: "second", width: 2, height: 2, src: "data:image/png;base64," },
  ],
  adds: null,
  columns: null,
  segmentation: false,
  drawing: [
    option({
      name: "layout",
      default: "blended",
      label: "Layout",
      sentence: "The map over the picture, or beside it.",
      choices: ["blended", "beside"],
    }),
    option({
      name: "opacity",
      kind: "number",
      default: 0.8,
      label: "Overlay",
      sentence: "How much of the map covers the picture.",
      slider: [0, 1],
      step: 0.01,
      unit: "share",
      when: ["layout", ["blended"]],
    }),
    option({
      name: "clip",
      kind: "number",
      default: 99.5,
      label: "Clip at",
      sentence: "The percentile at which the colours end.",
      slider: [90, 100],
      step: 0.1,
      unit: "percent of the pixels",
    }),
    option({
      name: "smoothing",
      kind: "number",
      default: 0,
      label: "Smoothing",
      sentence: "How far the map is smoothed.",
      slider: [0, 8],
      step: 0.25,
      unit: "pixels",
      labels: { "0": "none" },
    }),
    option({
      name: "sign",
      default: "both",
      label: "Sign",
      sentence: "Which values are shown.",
      choices: ["both", "positive", "absolute"],
      labels: { both: "both signs", absolute: "size" },
    }),
    option({
      name: "scale",
      default: "own",
      label: "Scale",
      sentence: "A colour scale for each map, or one for all.",
      choices: ["own", "shared"],
      labels: { own: "own scales", shared: "one scale" },
    }),
    option({
      name: "colormap",
      default: "red_blue",
      label: "Colours",
      sentence: "Which colours there are.",
      choices: Object.keys(colormaps),
      labels: Object.fromEntries(Object.entries(colormaps).map(([name, { label }]) => [name, label])),
    }),
  ],
  colormaps,
  first: {},
};

export const DISPLAY: Display = {
  layout: "blended",
  colormap: "red_blue",
  sign: "both",
  clip: 99.5,
  opacity: 0.8,
  smoothing: 0,
  scale: "own",
  presenter: false,
};

/** The settings that a widget was made with. */
export const FIRST = {
  method: "path",
  target: null,
  contrast: null,
  layer: null,
  index: 0,
  options: { steps: 64, start: "black", seed: 0 },
  quantity: "score",
  channel_layer: null,
  channel: null,
  grid: [],
  focus: 0,
  display: DISPLAY,
};

export function traits(catalogue: Partial<Catalogue> = {}): Record<string, unknown> {
  return {
    ...FIRST,
    catalogue: { ...CATALOGUE, first: FIRST, ...catalogue },
    _snapshot: null,
  };
}

export function header(change: Partial<Header> = {}): Header {
  return {
    state: { method: "path", target: null, contrast: null, layer: null, index: 0, options: {}, ...SCORE },
    remark: "",
    ends: ["against", "for"],
    explained: 0,
    outline: null,
    channel: null,
    code: "xai.Path()",
    title: "Path",
    quantity: "cat",
    predictions: [
      { index: 0, name: "cat", probability: 0.75 },
      { index: 2, name: "bird", probability: 0.2 },
    ],
    ...change,
  };
}

/** A frame and its buffer. */
export function frame(change: Partial<FrameMessage>, values = [1, -2, 3, 4]): [object, unknown[]] {
  const message: Omit<FrameMessage, "views"> = {
    type: "frame",
    frame: 1,
    generation: 1,
    request: null,
    view: 0,
    facts: [],
    layer: null,
    first: true,
    led: true,
    news: null,
    final: false,
    stopped: false,
    shape: [2, 2],
    evaluations: 1,
    planned: 65,
    gap: null,
    absolute_gap: null,
    change: null,
    score: 1,
    exact: false,
    within: null,
    difference: null,
    header: header(),
    ...change,
  };
  return [message, [new DataView(Float32Array.from(values).buffer)]];
}
