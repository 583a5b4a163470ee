// Made from xai_widgets/widgets/protocol.py by js/protocol.py; edit that one.

/** The name of an option, and the values of it that are meant. */
export type Condition = readonly [string, readonly string[]];

/** What the lower and the upper end of a colour scale mean; the lower is empty where values are never negative. */
export type Ends = readonly [string, string];

/** One choice of a method, of an attack or of the drawing; controls are built from nothing else. */
export interface OptionEntry {
  name: string;
  kind: "integer" | "number" | "choice";
  /** null where nothing but the person can say it, such as rows of a table. */
  default: number | string | null;
  label: string;
  sentence: string;
  minimum: number | null;
  maximum: number | null;
  slider: readonly [number, number] | null;
  /** Whether 0 means all that there are and stands at the slider's right end. */
  zero_last: boolean;
  scale: "linear" | "doublings";
  step: number | null;
  unit: string;
  choices: readonly string[] | null;
  /** The name of another option that this one may not exceed. */
  at_most: string | null;
  /** What choices are called where their own name would not do. */
  labels: Readonly<Record<string, string>>;
  /** Another option, and its values with which this one counts. */
  when: Condition | null;
  /** The same for single choices. */
  choices_when: Readonly<Record<string, Condition>>;
  shown: boolean;
  /** Whether the control may stand behind the others, unfolded on request. */
  aside: boolean;
}

/** The values of options by name. */
export type Values = Readonly<Record<string, unknown>>;

/** A method of the catalogue. */
export interface MethodEntry {
  name: string;
  label: string;
  sentence: string;
  reference: string;
  /** The name of its family, one of the catalogue's. */
  family: string;
  /** What is said beside the class where another one makes no other map; empty where it does. */
  alike: string;
  takes_layer: boolean;
  /** Whether it is always at a layer; where none is named, at one that it chooses. */
  needs_layer: boolean;
  options: readonly OptionEntry[];
}

/** What several methods have in common; they stand in the menu in this order. */
export interface FamilyEntry {
  name: string;
  label: string;
  sentence: string;
}

/** One of the inputs as it is shown. */
export interface PictureEntry {
  label: string;
  width: number;
  height: number;
  src: string;
  /** Of a row of a table. */
  values?: readonly number[];
}

/** A picture that was added in the page. */
export interface AddedEntry extends PictureEntry {
  /** What was done to it, in words. */
  remark: string;
  /** Whether it was taken away: its number and its name stay, and `src` is empty. */
  away: boolean;
}

/** Which pictures can be added in the page. */
export interface Adding {
  width: number;
  height: number;
  /** How others come to this size; empty is to be asked. */
  resize: string;
  /** Where a picture goes that is taken with a camera, to be said before. */
  taken: string;
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

/** A ramp of colours. */
export interface ColormapEntry {
  /** A "diverging" one spans -1 to 1, a "sequential" one 0 to 1. */
  kind: string;
  /** Red, green and blue, 0 to 255, of evenly spaced places on it. */
  colors: readonly (readonly number[])[];
}

/** What there is to choose from; it never changes while the widget lives. */
export interface Catalogue {
  models: readonly string[];
  classes: readonly string[];
  layers: readonly string[];
  methods: readonly MethodEntry[];
  families: readonly FamilyEntry[];
  quantities: readonly QuantityEntry[];
  pictures: readonly PictureEntry[];
  /** Which pictures can be added; null is none. */
  adds: Adding | null;
  /** What the columns are called where the inputs are rows of a table. */
  columns: readonly string[] | null;
  /** Whether the models answer at each place. */
  segmentation: boolean;
  /** What can be chosen of how the maps are drawn, by the names of `Display`. */
  drawing: readonly OptionEntry[];
  colormaps: Readonly<Record<string, ColormapEntry>>;
  /** The settings that the widget was made with: what is asked, and under "display" how it is drawn. */
  first: Values;
}

/** One method of a grid. */
export interface Cell {
  method: string;
  options: Values;
  layer: string | null;
}

/** What a picture answers: what the kernel needs to know and nothing else. */
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
  grid: readonly Cell[];
  /** Which of them the method, the options and the layer above are. */
  focus: number;
}

/** What can be asked, by name. */
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

/** How a map is drawn; none of it concerns the kernel. */
export interface Look {
  layout: string;
  colormap: string;
  sign: "both" | "positive" | "absolute";
  clip: number;
  opacity: number;
  smoothing: number;
}

/** The same, whether the maps of several models share a colour scale, and whether it fills the stage. */
export interface Display extends Look {
  scale: "own" | "shared";
  presenter: boolean;
}

/** A place of a picture with a show of hands. */
export interface Spot {
  /** Its middle, as shares of the width and the height of the picture. */
  x: number;
  y: number;
  hands: number;
}

/** What is marked on a picture before its map is seen. */
export interface Mark {
  /** What was painted: how many places in reading order are outside, then inside, and so on; empty is nothing. */
  area: readonly number[];
  spots: readonly Spot[];
  /** Whether the map has been shown. */
  revealed: boolean;
}

/** The traits of an explorer. */
export interface Traits extends Question {
  display: Display;
  /** Whether the map of a picture is hidden until it is revealed. */
  predict_first: boolean;
  /** By the number of the picture. */
  marks: Readonly<Record<string, Mark>>;
  catalogue: Catalogue;
  /** The pictures that were added since. */
  _added: readonly AddedEntry[];
  /** The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened. */
  _snapshot: unknown;
}

/** Numbers as text: 16 bits each, in units of `scale`. */
export interface PackedArray {
  scale: number;
  data: string;
}

/** The newest frame of each view, as a trait: pages without a kernel find it there. */
export interface UnheardFrames {
  version: 2;
  frames: readonly unknown[];
  /** What the buffers of each frame hold. */
  arrays: readonly (readonly PackedArray[])[];
}

/** What every message from the kernel carries, whatever the widget. */
export interface Message {
  frame: number;
  generation: number;
  request: number | null;
}

/** What every frame says of its view. */
export interface Progress extends Message {
  type: "frame";
  /** Which of the views: a grid has one for each method and model, models last. */
  view: number;
  /** Of how many. */
  views: number;
  first: boolean;
  final: boolean;
  stopped: boolean;
  evaluations: number;
  planned: number;
  change: number | null;
  /** Whether all views that come first are shown with it: a request that came sooner would only wait. */
  led: boolean;
  /** What is new since the last header of this view, in place of one that says all of it once more. */
  news: Readonly<Record<string, unknown>> | null;
}

/** A class, and what the model says of it. */
export interface Prediction {
  index: number;
  name: string;
  probability?: number | null;
  value?: number | null;
}

/** A mask: how many places in reading order are outside, then inside, and so on. */
export interface Runs {
  height: number;
  width: number;
  runs: readonly number[];
}

/** The channel that is explained, and how many its layer has. */
export interface ExplainedChannel {
  index: number;
  count: number;
}

/** What is said once for each picture, with its first frame. */
export interface Header {
  state: Question;
  code: string;
  /** What stands above the picture. */
  title: string;
  /** What is explained, in words. */
  quantity: string;
  predictions: readonly Prediction[];
  /** What the choices of the method amount to, in words. */
  remark: string;
  ends: Ends;
  /** The class that is explained where none was chosen. */
  explained: number | null;
  /** Where the model says that class, for one that answers at each place. */
  outline: Runs | null;
  channel: ExplainedChannel | null;
}

/** How far the maps of several models are apart. */
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

/** A map; its values are in the buffer. */
export interface FrameMessage extends Progress {
  shape: readonly number[];
  gap: number | null;
  absolute_gap: number | null;
  score: number | null;
  /** Whether all there was to compute is computed. */
  exact: boolean;
  /** How far it may be off, as a part of its largest value, where that is known. */
  within: number | null;
  difference: Difference | null;
  facts: readonly Fact[];
  /** The layer of the map; null is the input. */
  layer: string | null;
  header: Header | null;
}

/** What went wrong, with a view or with a request. */
export interface ErrorMessage extends Message {
  type: "error";
  view: number | null;
  views?: number;
  message: string;
}

/** There is work before the first frame of a view. */
export interface WorkingMessage extends Message {
  type: "working";
  view: number;
}

/** What is on the screen as one keeps it, since the screen has asked. */
export interface KeptMessage extends Message {
  type: "kept";
  /** The Python line that makes another widget like this one. */
  code: string;
}

export type FileKind = "png" | "svg" | "csv";

/** What is on the screen as a file, which is in the buffer. */
export interface SavedMessage extends Message {
  type: "saved";
  /** The number of the question that it answers. */
  asked: number;
  /** What to call the file. */
  name: string;
  /** What kind of file it is, as browsers call it. */
  media: string;
}

/** Why methods are not for the models, by name. */
export type Refusals = Readonly<Record<string, string>>;

/** What the kernel found out about its models after the first pictures. */
export interface OfferMessage extends Message {
  type: "offer";
  refusals: Refusals;
  /** The layers of the methods that do not fit all, by name. */
  layers: Readonly<Record<string, readonly string[]>>;
  /** The options of the methods that count something of the networks, by name. */
  options: Readonly<Record<string, readonly OptionEntry[]>>;
}

/** Numbers that are drawn as dots on one line. */
export interface DotsRow {
  name: string;
  /** Of many some. */
  values: readonly number[];
  /** That of all. */
  mean: number;
}

/** One of several numbers that sum to something. */
export interface BarsRow {
  name: string;
  value: number;
}

/** A function whose area counts, over 0 to 1. */
export interface CurvePart {
  kind: "curve";
  label: string;
  x: readonly number[];
  y: readonly number[];
  /** What lies at 0 and at 1. */
  ends: readonly [string, string];
}

/** Rows of numbers on one scale, each with its mean. */
export interface DotsPart {
  kind: "dots";
  label: string;
  rows: readonly DotsRow[];
}

/** Small pictures, each with a number; the pixels are in a buffer: red, green, blue and opacity. */
export interface PicturesPart {
  kind: "pictures";
  label: string;
  values: readonly number[];
  width: number;
  height: number;
  buffer: number;
}

/** Numbers that sum to something. */
export interface BarsPart {
  kind: "bars";
  label: string;
  rows: readonly BarsRow[];
}

/** How the value at a place of a map arises. */
export interface MechanismMessage extends Message {
  type: "mechanism";
  view: number;
  /** The place of the map. */
  at: readonly number[];
  /** The number of the question that it answers. */
  asked: number;
  /** That of the map there; null where it is not known how it arises, and the sentence says why. */
  value: number | null;
  /** How it arises, in words that go on after the value, or why that is not known. */
  sentence: string;
  parts: readonly (CurvePart | DotsPart | PicturesPart | BarsPart)[];
}

/** A page has opened: it needs what is on the screen. */
export interface Hello {
  type: "hello";
}

/** Nobody looks any more: the last view of the widget on a page was taken away. */
export interface Bye {
  type: "bye";
}

/** All frames up to this one are painted. */
export interface Acknowledge {
  type: "acknowledge";
  frame: number;
}

/** Show this, while a control is moved: the traits stay as they are. Buffers hold paint. */
export interface Request {
  type: "request";
  request: number;
  /** What is to change of what is asked; what it leaves out stays as it is. */
  state: Readonly<Record<string, unknown>>;
  /** All frames up to this one are painted: a request takes along what would be a message of its own. */
  painted?: number;
}

/** Make this the widget's own: the traits follow, and with them Python. */
export interface Settle {
  type: "settle";
  request: number;
  changes: Readonly<Record<string, unknown>>;
}

/** Say how a value of a picture arises, once the picture is complete. */
export interface Inspect {
  type: "inspect";
  /** A number of its own, which comes back. */
  request: number;
  view: number;
  /** The place of the map; null is none any more. */
  at: readonly number[] | null;
}

/** Say what is on the screen as one keeps it. */
export interface Keep {
  type: "keep";
}

/** Send what is on the screen as a file. */
export interface Save {
  type: "save";
  /** A number of its own, which comes back. */
  asked: number;
  kind: FileKind;
  /** How many pixels of a picture a pixel of the page is: 1, 2 or 4. */
  scale: number;
}

/** Take one more picture, and show it; its pixels are in a buffer: red, green, blue and opacity. */
export interface Add {
  type: "add";
  request: number;
  name: string;
  width: number;
  height: number;
  /** Its width and height before the page made it smaller, to send it. */
  was: readonly [number, number];
  /** Whether some of it let the ground through, which is white now. */
  clear: boolean;
  /** How it comes to the size of the others; empty where it has to have it. */
  resize: string;
}

/** Take a picture away that was added. */
export interface Remove {
  type: "remove";
  request: number;
  index: number;
}

/** Refine no further. */
export interface Stop {
  type: "stop";
}

/** A rectangle of paint, whose pixels are in a buffer: red, green, blue and opacity. */
export interface Patch {
  index: number;
  x: number;
  y: number;
  width: number;
  height: number;
  /** The page that painted it. */
  by: string;
}

/** What is asked of a painter. */
export interface PaintQuestion extends Question {
  paint: readonly Patch[];
  /** Whether the picture is looked at as it was given. */
  bare: boolean;
}

/** What there is to choose from, and to paint with. */
export interface PaintCatalogue extends Catalogue {
  /** Whether the models see no colours. */
  grey: boolean;
}

/** What is said of a picture, and what the model says of it without paint. */
export interface PaintHeader extends Header {
  before: readonly Prediction[];
  /** Whether it is the picture without paint. */
  bare: boolean;
}

/** The paint as Python knows it: the layers of the pictures, and the page that painted last; null is Python. */
export interface Painted {
  by: string | null;
  layers: Readonly<Record<string, readonly number[]>>;
}

/** The traits of a painter. */
export interface PaintTraits extends Traits {
  _paint: Painted;
}

/** What is asked of a text that is being typed. */
export interface TokenQuestion extends Question {
  text?: string;
}

/** What there is to choose from. */
export interface TokenCatalogue extends Catalogue {
  /** Whether the models know their words, so that one can type. */
  can_type: boolean;
}

/** A piece of a text that is coloured as one. */
export interface Word {
  text: string;
  /** What is written between the word before it and this one. */
  before: string;
  /** The places of its tokens: its value is the sum over their values in the map. */
  tokens: readonly number[];
  /** What the tokens are called; empty where there is one, which is the word itself. */
  pieces: readonly string[];
  /** Whether the model knows it. */
  known: boolean;
}

/** What is said of a text: its words as they are written, and what lies between and beside them. */
export interface TokenHeader extends Header {
  words: readonly Word[];
  /** What is written behind the last word. */
  after: string;
  /** What is written behind that, for which the model has no room. */
  unread: string;
  /** The places of the tokens that stand nowhere in the text. */
  beside: readonly number[];
  /** What these are called, such as [CLS] [SEP]; empty where they are padding. */
  beside_label: string;
}

/** The traits of an explorer of texts. */
export interface TokenTraits extends Traits {
  text: string;
}

/** One of the inputs of a network of several. */
export interface PartEntry {
  name: string;
  kind: "picture" | "table" | "text";
  /** What the numbers of a row are called. */
  columns: readonly string[] | null;
  /** From where to where the slider of each of these goes. */
  ranges: readonly (readonly [number, number])[] | null;
  /** Whether something can be typed in its place. */
  can_type: boolean;
  /** Into what it can be divided, in place of being one feature, and what that is called. */
  divisions: Readonly<Record<string, string>>;
}

/** What was given for one of the inputs. */
export interface GivenPart {
  /** Of a picture. */
  src: string;
  width: number;
  height: number;
  /** Of a row. */
  values: readonly number[] | null;
  text: string | null;
}

/** What there is to choose from. */
export interface InputsCatalogue extends Catalogue {
  parts: readonly PartEntry[];
  /** For each input that was given its parts. */
  inputs: readonly (readonly GivenPart[])[];
}

/** A word of a text in which words can be struck out. */
export interface PartWord extends Word {
  struck: boolean;
}

/** A text as it is in view. */
export interface PartText {
  words: readonly PartWord[];
  after: string;
  unread: string;
  beside: readonly number[];
  beside_label: string;
}

/** What is said of one of the inputs. */
export interface PartSaid {
  /** Of its map, which lies behind those of the inputs before it. */
  shape: readonly number[];
  /** Of a row, as it is in view. */
  values: readonly number[] | null;
  text: PartText | null;
}

/** What is said of an input of several parts. */
export interface InputsHeader extends Header {
  parts: readonly PartSaid[];
}

/** The maps of all parts, one behind the other. */
export interface InputsMessage extends FrameMessage {
  /** What each part adds altogether; null where values are no contributions, which do not add. */
  shares: readonly number[] | null;
}

/** The traits of an explorer of several inputs. */
export interface InputsTraits extends Traits {
  /** What was typed in place of what was given, by the name of the part: a text, or the numbers of a row. */
  typed: Readonly<Record<string, unknown>>;
  /** The numbers of the words of a text that are struck out. */
  struck: Readonly<Record<string, readonly number[]>>;
  /** Into what a part is divided, by its name; one that is not there is one feature. */
  features: Readonly<Record<string, string>>;
}

export type Norm = "l2" | "linf";

/** What is asked of an attacker: an attack, and how the answers are explained. */
export interface Attack {
  method: string;
  options: Values;
  index: number;
  /** How the size of a change is measured. */
  norm: Norm;
  /** How far the attack may go. */
  epsilon: number;
  steps: number;
  restarts: number;
  /** The class it leads to; null is any other one. */
  target: number | null;
}

/** What can be asked, by name. */
export const ATTACK_TRAITS = ["method", "options", "index", "norm", "epsilon", "steps", "restarts", "target"] as const;

/** How far the slider of a norm goes, and where it starts. */
export interface Measure {
  reach: number;
  first: number;
}

/** What there is to choose from beside what there is of explanations. */
export interface AttackCatalogue extends Catalogue {
  norms: Readonly<Record<string, Measure>>;
  /** The slider runs with this power of its position. */
  power: number;
  /** Largest minus smallest value of an input. */
  width: number;
  /** The options of the attack itself. */
  attack: readonly OptionEntry[];
}

/** The traits of an attacker. */
export interface AttackTraits extends Attack {
  display: Display;
  catalogue: AttackCatalogue;
  /** The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened. */
  _snapshot: unknown;
}

/** One class with its probability before and after. */
export interface ClassRow {
  index: number;
  name: string;
  before: number;
  after: number;
}

/** What is said once for each picture, with its first frame. */
export interface AttackHeader {
  state: Attack;
  code: string;
  /** Within it nothing can change the answer; null where nothing is certified. */
  radius: number | null;
  /** What the lower and the upper end of the colour scale of its maps mean. */
  ends: Ends;
}

/** A perturbation and the maps before and after; their values are in the buffers. */
export interface AttackMessage extends Progress {
  /** Of the perturbation: height, width, channels. */
  shape: readonly number[];
  /** By how much the perturbation is magnified to be seen. */
  factor: number;
  distance: number;
  label: string;
  prediction: string;
  succeeded: boolean;
  headline: string;
  detail: string;
  kind: "certified" | "stays" | "flipped" | "broken";
  classes: readonly ClassRow[];
  /** The smallest distance at which an attack is known to succeed. */
  flips: number | null;
  /** The shapes of the maps before and after; null while there is none. */
  maps: readonly (readonly number[] | null)[];
  header: AttackHeader | null;
}

/** Several methods of one picture, which a widget compares in its own way. */
export interface Compared {
  method: string;
  options: Values;
  layer: string | null;
  /** Which picture. */
  index: number;
  /** The class that is explained; null is the top class of the picture. */
  target: number | null;
  /** The methods; none is the one above alone. */
  grid: readonly Cell[];
  /** Which of them the method, the options and the layer above are. */
  focus: number;
}

/** What can be asked of all of them, by name. */
export const COMPARED_TRAITS = ["method", "options", "layer", "index", "target", "grid", "focus"] as const;

/** Whether the most relevant is erased first, or revealed first. */
export type Way = "erase" | "reveal";

/** What is asked of an eraser: methods, and how much of the picture is erased in the order of their maps. */
export interface EraserQuestion extends Compared {
  way: Way;
  /** How much is erased or revealed, 0 to 1. */
  share: number;
  /** What stands where something is erased. */
  fill: string | number;
  /** What is erased at once. */
  features: string;
  /** The side of a square, about that of a superpixel. */
  size: number;
  /** At how many shares the curves are taken. */
  steps: number;
  /** Whether maps that know nothing of the network are judged as well. */
  controls: boolean;
}

/** What can be asked, by name. */
export const ERASER_TRAITS = [
  "method",
  "options",
  "layer",
  "index",
  "target",
  "grid",
  "focus",
  "way",
  "share",
  "fill",
  "features",
  "size",
  "steps",
  "controls",
] as const;

/** What there is to choose from beside what there is of explanations. */
export interface EraserCatalogue extends Catalogue {
  /** The options of the erasing itself. */
  erasing: readonly OptionEntry[];
}

/** The traits of an eraser. */
export interface EraserTraits extends EraserQuestion {
  display: Display;
  catalogue: EraserCatalogue;
  /** The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened. */
  _snapshot: unknown;
}

/** What is said once for each map, with its first frame. */
export interface EraserHeader {
  state: EraserQuestion;
  code: string;
  /** What made the map. */
  title: string;
  /** What is explained, in words. */
  quantity: string;
  /** The name of a map that is compared with and asks no network; empty for that of a method. */
  control: string;
  ends: Ends;
  /** What takes the place of what is erased, as a picture. */
  fill: string;
  /** What is known to matter. */
  outline: Runs | null;
}

/** A map, in which order the places of the picture are erased, and the curves as far as they are known. The buffers hold the map, and at each place the number in that order: 0 goes first, -1 never. */
export interface EraserMessage extends Progress {
  shape: readonly number[];
  /** The shape of the order. */
  places: readonly number[];
  /** How many parts there are to erase. */
  parts: number;
  /** What the curves are of: "probability" or "quantity". */
  measured: string;
  /** Where they are known, in rising order. */
  shares: readonly number[];
  /** The most relevant first. */
  curve: readonly number[];
  /** The least relevant first. */
  other: readonly number[];
  /** Under the curve; null until it is complete. */
  area: number | null;
  /** How far the two orders are apart on average (ABPC); null until they are complete. */
  apart: number | null;
  header: EraserHeader | null;
}

/** What is asked of a randomiser: several methods of one picture, and how much of the network is reset. */
export interface Randomise extends Compared {
  /** Whether layers stay reset while the next one below is. */
  order: string;
  /** How many groups of layers are reset from the top down, or which one alone; 0 is the trained network. */
  depth: number;
  /** How often the weights are drawn. */
  draws: number;
  /** By which measure maps are compared. */
  measure: string;
}

/** What can be asked, by name. */
export const RANDOMISE_TRAITS = [
  "method",
  "options",
  "layer",
  "index",
  "target",
  "grid",
  "focus",
  "order",
  "depth",
  "draws",
  "measure",
] as const;

/** What is reset at a depth. */
export interface DepthEntry {
  /** The lowest of its layers. */
  name: string;
  /** All that it adds. */
  layers: readonly string[];
}

/** What there is to choose from beside what there is of explanations. */
export interface RandomiseCatalogue extends Catalogue {
  /** The top ones first. */
  depths: readonly DepthEntry[];
  /** How the network is reset and maps are compared. */
  randomise: readonly OptionEntry[];
  /** How many methods there may be at once. */
  most: number;
}

/** The traits of a randomiser. */
export interface RandomiseTraits extends Randomise {
  display: Display;
  catalogue: RandomiseCatalogue;
  /** The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened. */
  _snapshot: unknown;
}

/** How alike the maps are to that of the trained network, by one measure. */
export interface Likeness {
  /** At each depth, the mean over draws; null while it is not known. */
  means: readonly (number | null)[];
  /** Their standard errors; null of less than two draws. */
  errors: readonly (number | null)[];
  /** What likeness means nothing: with the edges of the picture, and of two random networks; empty while unknown. */
  nothing: readonly (number | null)[];
}

/** What is said once for each picture, with its first frame. */
export interface RandomiseHeader {
  state: Randomise;
  code: string;
  /** What stands above the picture. */
  title: string;
  /** What is explained, in words. */
  quantity: string;
  /** What the lower and the upper end of the colour scale mean. */
  ends: Ends;
  /** The class that is explained where none was chosen. */
  explained: number | null;
}

/** A map at one depth, with that of the trained network in a second buffer, and how alike maps are at all depths. */
export interface RandomiseMessage extends Progress {
  shape: readonly number[];
  /** What the network answers at this depth. */
  says: Prediction;
  /** By measure. */
  likeness: Readonly<Record<string, Likeness>>;
  header: RandomiseHeader | null;
}

/** One metric of a table. */
export interface MetricCell {
  metric: string;
  options: Values;
}

/** What is asked of a ranker: methods, the metrics that judge them over all pictures, and which cell is open. */
export interface Ranking extends Compared {
  /** The columns. */
  metrics: readonly MetricCell[];
  /** Whose map is open: a method, or what methods are compared with, which come after them. */
  row: number;
  /** By which metric its pictures are in order. */
  column: number;
}

/** What can be asked, by name. */
export const RANKING_TRAITS = [
  "method",
  "options",
  "layer",
  "index",
  "target",
  "grid",
  "focus",
  "metrics",
  "row",
  "column",
] as const;

/** A metric as one can choose it. */
export interface MetricEntry {
  name: string;
  label: string;
  sentence: string;
  reference: string;
  better: "higher" | "lower";
  options: readonly OptionEntry[];
}

/** What there is to choose from beside what there is of explanations. */
export interface RankCatalogue extends Catalogue {
  metrics: readonly MetricEntry[];
  most_methods: number;
  most_metrics: number;
}

/** The traits of a ranker. */
export interface RankTraits extends Ranking {
  display: Display;
  catalogue: RankCatalogue;
  /** The last table, `UnheardFrames`: the page keeps it for itself, the kernel where none has listened. */
  _snapshot: unknown;
}

/** What is said once of a table, with its first frame. */
export interface RankHeader {
  state: Ranking;
  code: string;
  /** The methods, then what they are compared with. */
  titles: readonly string[];
  /** The names of the latter. */
  controls: readonly string[];
  /** The metrics. */
  labels: readonly string[];
  /** Which of two values is the better one, of each metric. */
  better: readonly ("higher" | "lower")[];
  /** What is explained of the picture that is open, in words. */
  quantity: string;
  ends: Ends;
  /** What is known to matter of that picture. */
  outline: Runs | null;
}

/** A table as far as it is filled in; the buffer holds the map that is open, nothing while that is not there. */
export interface RankMessage extends Progress {
  /** Of the map. */
  shape: readonly number[];
  /** Methods by metrics: means over pictures; null while there is none. */
  values: readonly (readonly (number | null)[])[];
  /** Their standard errors. */
  errors: readonly (readonly (number | null)[])[];
  /** The place of each method in each column, 1 for the best; equals share one. */
  ranks: readonly (readonly (number | null)[])[];
  /** Kendall's tau of each metric and the next one, without what methods are compared with. */
  coherence: readonly (number | null)[];
  /** Over how many pictures the means are. */
  inputs: number;
  /** What each metric says of each method at each picture: pictures by methods by metrics. */
  each: readonly (readonly (readonly (number | null)[])[])[];
  header: RankHeader | null;
}

/** What is asked of a dissector: a unit of a layer, a formula of concepts, and which units are out. */
export interface Dissecting {
  /** How units are compared with concepts. */
  method: string;
  options: Values;
  /** Which picture of those at which the unit says most, from 0 on. */
  index: number;
  layer: string;
  /** null is the one that a single concept fits best. */
  unit: number | null;
  /** Concepts with what joins each to those before it, "or", "and" or "and not"; nothing before the first. null at all is the one that fits best. */
  formula: readonly (readonly [string, string])[];
  /** The units that are taken out of the network. */
  without: readonly number[];
}

/** What can be asked, by name. */
export const DISSECTING_TRAITS = ["method", "options", "index", "layer", "unit", "formula", "without"] as const;

/** What there is to choose from beside what there is of pictures. */
export interface DissectCatalogue extends Catalogue {
  concepts: readonly string[];
  /** Whether it is known which classes are right; else answers are compared with those of the whole network. */
  labelled: boolean;
}

/** The traits of a dissector. */
export interface DissectTraits extends Dissecting {
  display: Display;
  catalogue: DissectCatalogue;
  /** The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened. */
  _snapshot: unknown;
}

/** What fits a unit best. */
export interface UnitRow {
  concept: number;
  iou: number;
}

/** How many units a concept is the best of. */
export interface ConceptRow {
  trained: number;
  /** The same where the network forgot all that it learnt; null while that is not known. */
  untrained: number | null;
}

/** A formula, and how well it fits the unit. */
export interface FormulaRow {
  formula: readonly (readonly [string, string])[];
  iou: number;
}

/** A share of each of two states of a network, as it is and as it was changed; null while it is not known. */
export interface ShareRow {
  name: string;
  before: number | null;
  after: number | null;
}

/** The accuracy on a class. */
export interface AccuracyRow extends ShareRow {
  /** So many pictures are of this class. */
  count: number;
}

/** What is said once of a unit, with its first frame. */
export interface DissectHeader {
  state: Dissecting;
  code: string;
  /** How many the layer has. */
  units: number;
}

/** How a unit fits concepts over all pictures. The buffer holds by how much it exceeds its threshold at the places of the layer, in some pictures. */
export interface DissectMessage extends Progress {
  /** Of the maps: pictures, height, width. */
  shape: readonly number[];
  unit: number;
  /** Which pictures: those at which the unit says most, the first of them most of all. */
  top: readonly number[];
  /** Which atom each place of these pictures belongs to: its number, how many places in a row, the next number. */
  regions: readonly (readonly number[])[];
  /** Above it the unit is on. */
  threshold: number;
  /** The concepts that occur together, by number: places with the same ones are an atom. */
  atoms: readonly (readonly number[])[];
  /** How many places of all pictures each atom has. */
  pixels: readonly number[];
  /** At how many of them the unit is on. */
  hits: readonly number[];
  /** All units of the layer. */
  rows: readonly UnitRow[];
  concepts: readonly ConceptRow[];
  /** The IoU of units with what fits each best, on average. */
  mean: number;
  /** The same where the network forgot all that it learnt. */
  untrained: number | null;
  /** The formula of at most three concepts that fits best; null while not all is counted. */
  best: FormulaRow | null;
  /** The IoU of the best formula however long. */
  optimum: number;
  /** How many pictures are counted. */
  inputs: number;
  accuracy: readonly AccuracyRow[];
  header: DissectHeader | null;
}

/** What activation maximisation begins with. */
export type Start = "noise" | "picture";

/** What is asked of an exciter: a class or a channel that is to be excited, or a layer that is inverted. */
export interface Exciting {
  /** What moves the picture. */
  method: string;
  options: Values;
  /** Which picture is inverted, or begun with. */
  index: number;
  /** Which of the networks is excited or inverted. */
  network: string;
  layer: string;
  /** null is the class. */
  channel: number | null;
  /** The class. */
  target: number;
  start: Start;
}

/** What can be asked, by name. */
export const EXCITING_TRAITS = [
  "method",
  "options",
  "index",
  "network",
  "layer",
  "channel",
  "target",
  "start",
] as const;

/** What there is to choose from beside what there is of pictures. */
export interface ExciteCatalogue extends Catalogue {
  /** The layers of each network. */
  networks: Readonly<Record<string, readonly string[]>>;
}

/** The traits of an exciter. */
export interface ExciteTraits extends Exciting {
  display: Display;
  catalogue: ExciteCatalogue;
  /** The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened. */
  _snapshot: unknown;
}

/** What a network says of the picture. */
export interface NetworkRow {
  network: string;
  predictions: readonly Prediction[];
}

/** How well a layer was met, and how much of the picture came back. */
export interface InversionRow {
  layer: string;
  error: number;
  correlation: number;
}

/** What is said once of a picture, with its first frame. */
export interface ExciteHeader {
  state: Exciting;
  code: string;
  /** How many the layer has; 0 where that is not known. */
  channels: number;
  /** What is excited, in words. */
  quantity: string;
  /** The least, the middle and the largest roughness of the pictures that were given. */
  real: readonly number[];
}

/** A picture on its way; the buffer holds what becomes of each start, in parts of the range of values. */
export interface ExciteMessage extends Progress {
  /** Starts, height, width, channels. */
  shape: readonly number[];
  /** Which of the starts it is. */
  best: number;
  /** What is excited says so much of each start; nothing where a layer is inverted. */
  scores: readonly number[];
  steps: number;
  /** How many steps there will be. */
  most: number;
  roughness: number;
  /** How far the layer is from what it is to say, as a part of that; null where none is inverted. */
  error: number | null;
  /** That of the values of both pictures. */
  correlation: number | null;
  /** All networks; the one that is excited or inverted comes first. */
  says: readonly NetworkRow[];
  /** The layers that were inverted for this picture until now. */
  met: readonly InversionRow[];
  header: ExciteHeader | null;
}

/** What is asked of a prototype viewer: the bill of a class beside that of another, without some prototypes. */
export interface Prototyping {
  method: string;
  options: Values;
  /** Which picture. */
  index: number;
  /** Which of the networks is asked. */
  network: string;
  /** Whose units are the prototypes. */
  layer: string;
  /** null is the answer. */
  target: number | null;
  /** The class beside it; null is the one with the next largest score. */
  contrast: number | null;
  /** The prototypes that are struck out. */
  without: readonly number[];
}

/** What can be asked, by name. */
export const PROTOTYPING_TRAITS = [
  "method",
  "options",
  "index",
  "network",
  "layer",
  "target",
  "contrast",
  "without",
] as const;

/** What there is to choose from beside what there is of pictures. */
export interface PrototypeCatalogue extends Catalogue {
  /** The layers of each network behind which there is a linear head. */
  networks: Readonly<Record<string, readonly string[]>>;
  /** How many training pictures there are. */
  training: number;
}

/** The traits of a prototype viewer. */
export interface PrototypeTraits extends Prototyping {
  display: Display;
  catalogue: PrototypeCatalogue;
  /** The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened. */
  _snapshot: unknown;
}

/** An item of the bill: this looks like that. */
export interface PrototypeRow {
  unit: number;
  name: string;
  /** Where it is in the picture: left, top, width and height, as shares of it. */
  this: readonly number[];
  /** The same of the training picture; nothing while none was looked at. */
  that: readonly number[];
  /** The number of that. */
  picture: number;
}

/** A training picture that a prototype comes from. */
export interface TrainingPicture {
  number: number;
  src: string;
  width: number;
  height: number;
}

/** What is said once of a bill, with its first frame. */
export interface PrototypeHeader {
  state: Prototyping;
  code: string;
}

/** The bill of a picture; the buffer holds the weights from prototypes to classes. */
export interface PrototypeMessage extends Progress {
  /** Of the weights: classes, prototypes. */
  shape: readonly number[];
  /** Which classes. */
  classes: readonly number[];
  target: number;
  contrast: number;
  /** What each prototype says of the picture. */
  similarities: readonly number[];
  /** Of each of these classes. */
  bias: readonly number[];
  /** What the network itself says of them, without the prototypes that are struck out. */
  scores: readonly number[];
  /** Whether these are all classes, and have probabilities. */
  shares: boolean;
  /** The items that bring most, and those that are struck out. */
  rows: readonly PrototypeRow[];
  pictures: readonly TrainingPicture[];
  /** How many training pictures were looked at. */
  looked: number;
  /** Whether each prototype is a patch of a training picture; null while that is not known. */
  pushed: boolean | null;
  /** Whether some say negative things, and so are no similarities. */
  negative: boolean;
  /** Whether what they say of a picture is a mean over places, not the most at any. */
  mean: boolean;
  header: PrototypeHeader | null;
}

/** What is asked of a concept tester: what concepts add to a class at a layer, and how far a picture is steered. */
export interface ConceptTesting {
  /** How concepts are tested. */
  method: string;
  options: Values;
  /** Which picture is steered, from 0 on, of all that there are. */
  index: number;
  layer: string;
  /** The class that concepts add to. */
  target: number;
  /** Whose pictures are in view, and along which is steered. */
  concept: string;
  /** So many steps of the concept are added to what the layer holds. */
  step: number;
  /** So many pictures of each side are taken, the first ones; null is all. */
  count: number | null;
  /** The pictures that are taken out of their concepts, by number. */
  without: readonly number[];
}

/** What can be asked, by name. */
export const CONCEPT_TRAITS = [
  "method",
  "options",
  "index",
  "layer",
  "target",
  "concept",
  "step",
  "count",
  "without",
] as const;

/** A concept: which pictures have it, and which have it not. */
export interface ConceptEntry {
  name: string;
  examples: readonly number[];
  counterpart: readonly number[];
}

/** What there is to choose from beside what there is of pictures. */
export interface ConceptCatalogue extends Catalogue {
  concepts: readonly ConceptEntry[];
  /** So many pictures, the first ones, are those at which the class is looked at. */
  images: number;
  /** So many steps one can steer to either side. */
  reach: number;
  /** How many stops there are from end to end. */
  stops: number;
}

/** The traits of a concept tester. */
export interface ConceptTraits extends ConceptTesting {
  display: Display;
  catalogue: ConceptCatalogue;
  _added: readonly AddedEntry[];
  /** To which concept each of these was added, as an example of it. */
  _brought: readonly string[];
  /** The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened. */
  _snapshot: unknown;
}

/** What a concept adds to the class. */
export interface EffectRow {
  effect: number;
  /** Its standard error; null where there are too few examples to know. */
  error: number | null;
  /** What the class really gains from the counterpart to the examples. */
  changed: number | null;
  /** The share of random splits with an effect as large. */
  share: number;
  /** The share of pictures at which the effect is positive. */
  signs: number;
  /** The share of random splits whose signs are as clear. */
  alike: number;
  /** How many random splits there are by now. */
  runs: number;
  examples: number;
  counterpart: number;
}

/** What is said once of an answer, with its first frame. */
export interface ConceptHeader {
  state: ConceptTesting;
  code: string;
  /** What effects are measured in: "logit". */
  measured: string;
}

/** What concepts add to a class of one model. The first buffer holds the effects of random splits, a row for each concept; the second one what the model says of the classes at each stop of the steering. */
export interface ConceptMessage extends Progress {
  /** Of each concept; null while nothing is known of it. */
  rows: readonly (EffectRow | null)[];
  /** Whether what is said of classes are probabilities. */
  chances: boolean;
  header: ConceptHeader | null;
}

/** What is asked of a decomposer: how a layer is taken apart, which feature is looked at, and which are off. */
export interface Decomposing {
  method: string;
  options: Values;
  /** Which picture of those at which the feature is largest, from 0 on. */
  index: number;
  layer: string;
  /** null is the one that is active most often. */
  feature: number | null;
  /** The features that are switched off. */
  without: readonly number[];
}

/** What can be asked, by name. */
export const DECOMPOSING_TRAITS = ["method", "options", "index", "layer", "feature", "without"] as const;

/** What there is to choose from beside what there is of pictures. */
export interface DecomposeCatalogue extends Catalogue {
  /** The option that the curves run along, by method. */
  along: Readonly<Record<string, string>>;
  /** Whether it is known which classes are right; else answers are compared with those of the whole network. */
  labelled: boolean;
}

/** The traits of a decomposer. */
export interface DecomposeTraits extends Decomposing {
  display: Display;
  catalogue: DecomposeCatalogue;
  /** The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened. */
  _snapshot: unknown;
}

/** How well a dictionary says what a layer says. */
export interface Fit {
  /** The option that the curves run along. */
  at: number;
  /** The share of the variance that is left over. */
  unexplained: number;
  /** How many features are active at once, on average. */
  active: number;
  /** How many are never active. */
  dead: number;
  /** The mean of the best cosines with the directions that are known to be there; null where none are. */
  found: number | null;
}

/** A feature, and where it is largest. */
export interface FeatureTile {
  feature: number;
  /** At which share of places it is active. */
  density: number;
  /** Pictures, each with what is seen from the place: its number, top, bottom, left, right. */
  sights: readonly (readonly number[])[];
}

/** What is said once of a dictionary, with its first frame. */
export interface DecomposeHeader {
  state: Decomposing;
  code: string;
  /** How many the layer has. */
  units: number;
}

/** A dictionary as far as it is fitted. The buffer holds how much of the feature is at the places of the layer, in some pictures. */
export interface DecomposeMessage extends Progress {
  /** Of the maps: pictures, height, width. */
  shape: readonly number[];
  feature: number;
  /** Which pictures: those at which the feature is largest, the first of them most of all. */
  top: readonly number[];
  /** Height and width of the input, in which places are counted. */
  grid: readonly number[];
  fit: Fit;
  /** Those that are known by now, in the order of the option. */
  curve: readonly Fit[];
  /** The features that are active most often, those first. */
  tiles: readonly FeatureTile[];
  /** How many there are. */
  features: number;
  /** How many steps it took; null where it is no matter of steps. */
  steps: number | null;
  /** What the network says of these pictures: as it is, and with the decoded activations. */
  answers: readonly (readonly ShareRow[])[];
  accuracy: readonly AccuracyRow[];
  header: DecomposeHeader | null;
}

/** What is asked of an intervener: which concepts of a picture are told, and which to ask for next. */
export interface Intervening {
  /** How it is found which concept to ask for next. */
  method: string;
  options: Values;
  /** Which picture. */
  index: number;
  /** By the name of a concept, from 0, no, to 1, yes. */
  told: Readonly<Record<string, number>>;
}

/** What can be asked, by name. */
export const INTERVENING_TRAITS = ["method", "options", "index", "told"] as const;

/** Concepts that are asked for together. */
export interface GroupEntry {
  name: string;
  /** By number. */
  concepts: readonly number[];
}

/** What there is to choose from beside what there is of pictures. */
export interface InterveneCatalogue extends Catalogue {
  concepts: readonly string[];
  groups: readonly GroupEntry[];
  /** Of each picture which concepts are true, from 0 to 1; null where it is not known. */
  truths: readonly (readonly (number | null)[])[] | null;
  /** The class of each picture, where they were given. */
  labels: readonly number[] | null;
  /** Of each model what its concepts say for no, and for yes. */
  levels: readonly (readonly (readonly number[])[])[];
}

/** The traits of an intervener. */
export interface InterveneTraits extends Intervening {
  display: Display;
  catalogue: InterveneCatalogue;
  /** The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened. */
  _snapshot: unknown;
}

/** What is said once of an answer, with its first frame. */
export interface InterveneHeader {
  state: Intervening;
  code: string;
}

/** What one model answers where concepts are told. The buffers hold what its concepts say by themselves, from 0, no, to 1, yes; what it says of the classes by itself; and what it says of them now. */
export interface InterveneMessage extends Progress {
  /** What it is worth to be told each group; null where it is known, or was not looked at yet. */
  worth: readonly (number | null)[];
  /** Why it cannot be known what to ask for next. */
  refusal: string;
  /** Whether what is said of classes are probabilities. */
  chances: boolean;
  header: InterveneHeader | null;
}

/** What is asked where layers are compared: an index, two networks, and a layer of each. */
export interface Representing {
  /** The index that says how alike layers are. */
  method: string;
  options: Values;
  /** Which picture is in view. */
  index: number;
  one: string;
  /** The networks whose layers are the rows and the columns. */
  other: string;
  layer: string;
  /** The layer of each whose clouds are open. */
  beside: string;
  /** The pictures that are marked in both clouds. */
  marked: readonly number[];
}

/** What can be asked, by name. */
export const REPRESENTING_TRAITS = ["method", "options", "index", "one", "other", "layer", "beside", "marked"] as const;

/** What there is to choose from beside what there is of pictures. */
export interface RepresentCatalogue extends Catalogue {
  /** Their names, in the order of the slider; one that was given bare has none. */
  networks: readonly string[];
  /** The class of each picture, where they were given. */
  labels: readonly number[] | null;
}

/** The traits of a comparison of layers. */
export interface RepresentTraits extends Representing {
  display: Display;
  catalogue: RepresentCatalogue;
  /** The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened. */
  _snapshot: unknown;
}

/** What is said once of two networks, with their first frame. */
export interface RepresentHeader {
  state: Representing;
  code: string;
  rows: readonly string[];
  /** The layers of each. */
  columns: readonly string[];
}

/** A number for each pair of layers; null where it is not known. */
export type Matrix = readonly (readonly (number | null)[])[];

/** How alike all layers are. The buffer holds where the two layers that are open place the pictures: layers, pictures, right and up. */
export interface RepresentMessage extends Progress {
  matrix: Matrix;
  errors: Matrix;
  /** What the index says of shuffled pictures. */
  independent: Matrix;
  /** Over how many pictures it is. */
  inputs: number;
  /** Why they are too few. */
  warning: string;
  /** The share of each layer's variance along both sides of its cloud; none while there are no clouds. */
  explained: readonly (readonly number[])[];
  header: RepresentHeader | null;
}

/** All that there is to know of a game. */
export interface Game {
  players: readonly string[];
  /** By coalition: player 0 counts 1, player 1 counts 2, player 2 counts 4. */
  values: readonly number[];
  /** The orders in which the players enter, by number. */
  orders: readonly (readonly number[])[];
  /** What a value is called: "price". */
  worth: string;
  prefix: string;
  suffix: string;
  digits: number;
}

/** The traits of a walker. */
export interface WalkTraits {
  game: Game;
  order: number;
  step: number;
  presenter: boolean;
}

/** What is asked where columns are left out: of a row and a network, with two columns that go together. */
export interface Withholding {
  method: string;
  options: Values;
  /** Which row. */
  index: number;
  network: string;
  /** The class explained; null is the top class of the row. */
  target: number | null;
  first: number;
  /** The columns that go together. */
  second: number;
  correlation: number;
}

/** What can be asked, by name. */
export const WITHHOLDING_TRAITS = [
  "method",
  "options",
  "index",
  "network",
  "target",
  "first",
  "second",
  "correlation",
] as const;

/** What there is to choose from beside what there is of rows. */
export interface WithholdCatalogue extends Catalogue {
  /** Their names; one that was given bare has none. */
  networks: readonly string[];
  /** As far the slider of the correlation goes. */
  reach: number;
}

/** The traits of columns that are left out. */
export interface WithholdTraits extends Withholding {
  display: Display;
  catalogue: WithholdCatalogue;
  /** The last pictures, `UnheardFrames`: the page keeps them for itself, the kernel where none has listened. */
  _snapshot: unknown;
}

/** What is said once of a row, with its first frame. */
export interface WithholdHeader {
  state: Withholding;
  code: string;
  /** The class. */
  explained: string;
  /** The row itself. */
  row: readonly number[];
  middle: readonly [number, number];
  /** Mean and standard deviation of the two columns in the background. */
  spread: readonly [number, number];
}

/** What each column brings, by baseline, by marginal and by conditional expectation. The buffer holds rows of the background, the two columns of each. */
export interface WithholdMessage extends Progress {
  values: readonly (readonly number[])[];
  /** Their standard errors; of a way that leaves nothing to chance there are none. */
  errors: readonly (readonly number[])[];
  /** What is explained, of the row: the values of each way sum to what it is more than that of nothing known. */
  score: number;
  header: WithholdHeader | null;
}
