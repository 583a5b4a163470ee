import type { AnyModel } from "@anywidget/types";
import type { Parcel } from "../shared/connection";
import { uniqueId } from "../shared/dom";
import { Store } from "../shared/explanation/store";
import type { PaintCatalogue, PaintHeader, PaintTraits, PictureEntry, Traits } from "../shared/protocol";
import { Signals } from "../shared/signals";
import { PaintEasel } from "./easel";
import { Paints } from "./paints";
import { emptyLayer, fromRuns, type Layer } from "./pixels/layer";
import { firstTool, type Tool } from "./tool";

/** What one painter knows beside what an explorer knows: the paint, the tool in the hand, and what is looked at. */
export class PaintStore extends Store {
  readonly changes = new Signals<"paint" | "tool">();
  readonly paints: Paints;
  readonly grey: boolean;
  /** Draws the maps, for all views. */
  readonly easel = new PaintEasel(this);
  tool: Tool;
  /** Whether the picture is shown, and explained, as it was given. */
  bare = false;

  /** This page as Python knows it: what it painted itself it need not be told. */
  readonly #page = uniqueId("page");
  readonly #ending = new AbortController();
  /** The picture that a stroke is being drawn on: Python may turn to another one meanwhile. */
  #drawing: number | null = null;

  constructor(private readonly host: AnyModel<PaintTraits>) {
    super(host as unknown as AnyModel<Traits>);
    const { pictures, grey } = this.catalogue as PaintCatalogue;
    const { width, height } = pictures[0] ?? { width: 64, height: 64 };
    this.grey = grey;
    this.tool = firstTool(width, height, grey);
    this.paints = new Paints(pictures, this.#page);
    this.#takePaint();
    this.onTrait("_paint", () => {
      const { by } = this.host.get("_paint");
      if (by !== this.#page) this.#takePaint();
      if (by === null) this.bare = false;
      this.changes.emit("paint");
    });
    this.signals.on("frames", () => this.#takeBare(), this.#ending.signal);
  }

  get index(): number {
    return this.question.index;
  }

  get picture(): PictureEntry {
    return this.catalogue.pictures[this.index] as PictureEntry;
  }

  /** What the model of a view says of the picture, and said before it was painted on. */
  header(view: number): PaintHeader | undefined {
    return this.views[view]?.header as PaintHeader | undefined;
  }

  take(change: Partial<Tool>): void {
    this.tool = { ...this.tool, ...change };
    this.changes.emit("tool");
  }

  /** Begins a stroke on the picture in view, and returns the layer below it. */
  begin(): Layer {
    this.bare = false;
    this.#drawing = this.index;
    return this.paints.begin(this.index);
  }

  /** Shows a layer, and asks what the models make of it. */
  put(layer: Layer): void {
    this.paints.put(this.#drawing ?? this.index, layer);
    this.bare = false;
    this.changes.emit("paint");
    this.ask();
  }

  /** Ends a stroke. */
  end(): void {
    const painted = this.paints.end(this.#drawing ?? this.index);
    this.#drawing = null;
    if (painted) this.#settlePaint();
    this.changes.emit("paint");
  }

  /** Paints in one step. */
  apply(paint: (below: Layer, target: Layer) => void): void {
    const below = this.begin();
    const target = emptyLayer(this.picture.width, this.picture.height);
    paint(below, target);
    this.put(target);
    this.end();
  }

  undo(): void {
    this.#travelled(this.paints.undo(this.index));
  }

  redo(): void {
    this.#travelled(this.paints.redo(this.index));
  }

  reset(): void {
    if (this.paints.isPainted(this.index)) this.apply(() => undefined);
  }

  /** Shows the picture as it was given, or with its paint again. */
  look(bare: boolean): void {
    if (bare === this.bare || this.paints.isHeld(this.index)) return;
    if (bare && !this.paints.isPainted(this.index)) return;
    this.bare = bare;
    this.changes.emit("paint");
    this.ask();
    this.connection.flush();
  }

  override close(): void {
    this.#ending.abort();
    super.close();
  }

  protected override parcel(): Parcel {
    const { patches, buffers } = this.paints.unsent();
    return { state: { ...super.parcel().state, paint: patches, bare: this.bare }, buffers };
  }

  /** The paint of a refused request was not taken, and nobody knows of how many before: what Python has surely is kept. */
  protected override refused(): void {
    const { layers } = this.host.get("_paint");
    for (const index of this.paints.indices) {
      const { width, height } = this.catalogue.pictures[index] as PictureEntry;
      this.paints.has(index, fromRuns(layers[index] ?? [], width, height));
    }
  }

  #travelled(moved: boolean): void {
    if (!moved) return;
    this.bare = false;
    this.ask();
    this.#settlePaint();
    this.changes.emit("paint");
  }

  /** Makes the paint the widget's own: Python hears of it. */
  #settlePaint(): void {
    this.connection.settle({}, false);
  }

  #takePaint(): void {
    const { layers } = this.host.get("_paint");
    const { pictures } = this.catalogue;
    for (const index of new Set([...this.paints.indices, ...Object.keys(layers).map(Number)])) {
      const picture = pictures[index];
      if (picture === undefined) continue;
      this.paints.take(index, fromRuns(layers[index] ?? [], picture.width, picture.height));
    }
  }

  /** A page that has just opened, or that Python painted under, looks at what the kernel shows. */
  #takeBare(): void {
    const header = this.header(0);
    const request = this.views[0]?.frame?.request;
    if (header?.bare === undefined || request !== null || this.paints.isHeld(this.index)) return;
    const bare = header.bare && this.paints.isPainted(this.index);
    if (bare === this.bare) return;
    this.bare = bare;
    this.changes.emit("paint");
  }
}
