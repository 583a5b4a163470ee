import type { Message } from "../connection";
import type { Option, Values } from "../options";
import type { Look } from "../pixels/drawing";
import type { Runs } from "../pixels/outline";

/** One method of a grid. */
export interface Cell {
  method: string;
  options: Values;
  layer: string | null;
}

/** The question that a picture answers; what the kernel needs to know and nothing else. */
export interface Question {
  method: string;
  /** The class explained; null is the top class of the picture. */
  target: number | null;
  /** The class it is held against; null is nothing else. */
  contrast: number | null;
  layer: string | null;
  /** Which picture. */
  index: number;
  options: Values;
  /** What is explained of the class, or that it is a channel; one of the catalogue's quantities. */
  quantity: string;
  channel_layer: string | null;
  /** Which channel; null is the most influential one. */
  channel: number | null;
  /** Several methods at once; none is one method alone. */
  grid?: readonly Cell[];
  /** Which of them the method, the options and the layer above are. */
  focus?: number;
}

export const QUESTION_TRAITS = [
  "method",
  "target",
  "contrast",
  "layer",
  "index",
  "options",
  "quantity",
  "channel_layer",
  "channel",
  "grid",
  "focus",
] as const;

export interface Display extends Look {
  presenter: boolean;
}

export const DISPLAY: Display = {
  layout: "blended",
  colormap: "red_blue",
  sign: "both",
  clip: 99.5,
  opacity: 0.8,
  smoothing: 0,
  presenter: false,
};

/** What the lower and the upper end of the colour scale mean. */
export type Ends = readonly [string, string];

export const ENDS: Ends = ["against", "for"];

export interface MethodEntry {
  name: string;
  label: string;
  sentence: string;
  reference?: string;
  /** The name of its family, one of the catalogue's. */
  family?: string;
  takes_layer: boolean;
  /** Whether it is always at a layer; where none is named, at one that it chooses. */
  needs_layer?: boolean;
  ends?: Ends;
  options: readonly Option[];
}

/** What several methods have in common; they stand in the menu in this order. */
export interface FamilyEntry {
  name: string;
  label: string;
  sentence: string;
}

/** Why methods are not for the models, by name. */
export type Refusals = Readonly<Record<string, string>>;

export interface PictureEntry {
  label: string;
  width: number;
  height: number;
  src: string;
  /** The values of a row of a table. */
  values?: readonly number[];
}

/** A kind of quantity. */
export interface QuantityEntry {
  name: string;
  label: string;
  sentence: string;
  /** Whether it can be asked rather than which other class. */
  compares: boolean;
  /** Whether it is a layer's channel and not a class. */
  of_layer: boolean;
}

/** What there is to choose from; it never changes while the widget lives. */
export interface Catalogue {
  models: readonly string[];
  classes: readonly string[];
  layers: readonly string[];
  methods: readonly MethodEntry[];
  families?: readonly FamilyEntry[];
  quantities?: readonly QuantityEntry[];
  pictures: readonly PictureEntry[];
  /** What the columns are called where the inputs are rows of a table. */
  columns?: readonly string[] | null;
  /** Whether the models answer at each place. */
  segmentation?: boolean;
}

export interface Prediction {
  index: number;
  name: string;
  probability?: number | null;
  value?: number | null;
}

/** What is said once for each picture, with its first frame. */
export interface Header {
  state: Question;
  code: string;
  /** What is explained, in words. */
  quantity: string;
  predictions: readonly Prediction[];
  /** What the choices of the method amount to, in words. */
  remark?: string;
  ends?: Ends;
  /** The class that is explained where none was chosen. */
  explained?: number | null;
  /** Where the model says that class, for one that answers at each place. */
  outline?: Runs | null;
  /** What stands above the picture in a grid. */
  title?: string;
  /** The channel explained, and how many its layer has. */
  channel?: { index: number; count: number } | null;
}

export interface Difference {
  largest: number;
  relative: number | null;
}

/** Something to know of a map beside its numbers. */
export interface Fact {
  label: string;
  value: string;
  sentence: string;
}

export interface FrameMessage extends Message {
  type: "frame";
  /** Which of the views, of how many: a grid has one for each method and model, models last. */
  view: number;
  views?: number;
  first: boolean;
  final: boolean;
  stopped: boolean;
  shape: readonly number[];
  evaluations: number;
  planned: number;
  gap: number | null;
  absolute_gap: number | null;
  change: number | null;
  score: number | null;
  difference: Difference | null;
  facts?: readonly Fact[];
  /** The layer of the map; null is the input. */
  layer?: string | null;
  header: Header | null;
}

export interface ErrorMessage extends Message {
  type: "error";
  view: number | null;
  views?: number;
  message: string;
}

/** What the kernel found out about its models after the first pictures. */
export interface OfferMessage extends Message {
  type: "offer";
  refusals: Refusals;
  /** The layers of the methods that do not fit all, by name. */
  layers?: Readonly<Record<string, readonly string[]>>;
}

/** The traits of the widget. */
export interface Traits extends Question {
  display: Partial<Display>;
  catalogue: Catalogue;
  _snapshot: unknown;
}
