import type { AnyModel } from "@anywidget/types";
import { floats } from "../bytes";
import {
  type Cell,
  type FrameMessage,
  type Header,
  type MethodEntry,
  type OfferMessage,
  type Progress,
  QUESTION_TRAITS,
  type QuantityEntry,
  type Question,
  type Traits,
} from "../protocol";
import { same } from "../same";
import { LiveStore } from "./live_store";
import { ViewState } from "./view_state";

/** Stands for several methods that nobody chose here: those of the last time, or one of each family. */
const SEVERAL = "several";

/** What one explorer knows: a question, and a map of each model. */
export class Store extends LiveStore<Question, ViewState> {
  /** Whether the columns of a table stand by their size. */
  largestFirst = false;
  /** The layers that fit a method, where these are not all. */
  #fitting: Readonly<Record<string, readonly string[]>> = {};
  constructor(model: AnyModel<Traits>, besides: readonly string[] = [], names: readonly string[] = QUESTION_TRAITS) {
    super(model, names, besides);
  }

  /** Whether the maps are not to be seen, nor what is said of them. */
  get hidden(): boolean {
    return false;
  }

  sortColumns(largestFirst: boolean): void {
    this.largestFirst = largestFirst;
    this.signals.emit("display");
  }

  /** The layers that make sense for a method. */
  layersOf({ name }: MethodEntry): readonly string[] {
    return this.#fitting[name] ?? this.catalogue.layers;
  }

  /** The methods of the grid; empty for one method alone. */
  get cells(): readonly Cell[] {
    return this.question.grid;
  }

  /** Which of them has its controls in view. */
  get focus(): number {
    return this.question.focus;
  }

  /** How many methods there are views of: what is on the screen, which follows what is asked. */
  get shownCells(): number {
    return Math.max(1, Math.round(this.views.length / this.catalogue.models.length));
  }

  /** The views of the focused method, or of the only one. */
  get focused(): readonly ViewState[] {
    const count = this.catalogue.models.length;
    const start = Math.min(this.focus, this.shownCells - 1) * count;
    return this.current.filter((view) => this.views.indexOf(view) >= start && this.views.indexOf(view) < start + count);
  }

  /** What was said of the pictures that are there. */
  get headers(): Header[] {
    return this.views.flatMap(({ header }) => header ?? []);
  }

  /** Shows several methods: those of the last time, or one of each family. */
  openGrid(): void {
    this.decide({ grid: SEVERAL });
  }

  /** Brings the controls of a cell into view. */
  focusCell(place: number): void {
    if (place !== this.focus) this.decide({ focus: place });
  }

  /** Shows one method of the grid alone. */
  openCell(place: number): void {
    this.decide({ ...this.cells[place], grid: [] });
  }

  /** Puts one more method at the end of the grid, with its options as they were when it was last in view. */
  addCell(name: string): void {
    this.decide({ grid: [...this.cells, { method: name }], focus: this.cells.length });
  }

  /** Takes a method out of the grid. */
  removeCell(place: number): void {
    const grid = this.cells.filter((_, other) => other !== place);
    const focus = Math.max(0, this.focus > place ? this.focus - 1 : Math.min(this.focus, grid.length - 1));
    this.decide({ grid, focus });
  }

  protected newView(): ViewState {
    return new ViewState();
  }

  protected show(view: ViewState, frame: Progress, buffers: readonly unknown[]): void {
    view.take({ ...(frame as FrameMessage), map: floats(buffers[0]) });
  }

  /** What is on the screen stays, where it is asked for still, until the first new frame of it. */
  protected override arrange(count: number): void {
    const models = this.catalogue.models.length;
    if (count < 1 || count === this.views.length || count % models !== 0) return;
    const before = [...this.views];
    const cells = this.cells.length === 0 ? [this.question] : this.cells;
    this.views = Array.from({ length: count }, (_, view) => {
      const cell = cells[Math.floor(view / models)];
      const place = before.findIndex(({ header }, other) => {
        const state = header?.state;
        if (other % models !== view % models || state === undefined || cell === undefined) return false;
        return state.method === cell.method && state.layer === cell.layer && same(state.options, cell.options);
      });
      return place < 0 ? this.newView() : (before.splice(place, 1, this.newView())[0] ?? this.newView());
    });
  }

  protected message({ frame, header }: ViewState): [FrameMessage, Float32Array[]] | undefined {
    if (frame === undefined) return undefined;
    const { map, ...message } = frame;
    return [{ ...message, header: header ?? null }, [map]];
  }

  /** The kind of quantity in view. */
  get quantity(): QuantityEntry | undefined {
    return this.catalogue.quantities.find(({ name }) => name === this.question.quantity);
  }

  /** Changes what is explained. */
  chooseQuantity(name: string): void {
    if (name !== this.question.quantity) this.decide({ quantity: name });
  }

  protected override takeOffer(offer: OfferMessage): void {
    super.takeOffer(offer);
    this.#fitting = offer.layers;
  }
}
