import type { AnyModel } from "@anywidget/types";
import { floats } from "../bytes";
import { same } from "../same";
import { LiveStore, type Progress } from "./live_store";
import {
  type Cell,
  type FrameMessage,
  type MethodEntry,
  type OfferMessage,
  QUESTION_TRAITS,
  type QuantityEntry,
  type Question,
  type Traits,
} from "./protocol";
import { showSnapshot, snapshotViews, takeSnapshot } from "./snapshot";
import { ViewState } from "./view_state";

/** What one explorer knows: a question, and a map of each model. */
export class Store extends LiveStore<Question, ViewState> {
  /** The layers of when the method last needed one, and of when it last could have one. */
  private readonly layers = new Map<boolean, string | null>();
  /** Whether the columns of a table stand by their size. */
  largestFirst = false;
  /** The layers that fit a method, where these are not all. */
  private fitting: Readonly<Record<string, readonly string[]>> = {};
  /** The grid of when there last was one. */
  private lastGrid: readonly Cell[] = [];

  constructor(model: AnyModel<Traits>) {
    super(model, QUESTION_TRAITS);
    this.remember();
    this.lastGrid = this.cells;
  }

  sortColumns(largestFirst: boolean): void {
    this.largestFirst = largestFirst;
    this.signals.emit("display");
  }

  /** The layers that make sense for a method. */
  layersOf({ name }: MethodEntry): readonly string[] {
    return this.fitting[name] ?? this.catalogue.layers;
  }

  /** The methods of the grid; empty for one method alone. */
  get cells(): readonly Cell[] {
    return this.question.grid ?? [];
  }

  /** Which of them has its controls in view. */
  get focus(): number {
    return this.question.focus ?? 0;
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

  /** Shows several methods: those of the last time, or one of each family. */
  openGrid(): void {
    const { method, options, layer } = this.question;
    const present = { method, options, layer };
    const before = this.lastGrid;
    if (before.length === 0) {
      this.connection.tell({ type: "settle", changes: { grid: "families" } });
      return;
    }
    const place = before.findIndex((cell) => cell.method === method);
    const grid = place < 0 ? [present, ...before.slice(1)] : before.map((cell, i) => (i === place ? present : cell));
    this.choose({ grid, focus: Math.max(place, 0) });
  }

  /** Brings the controls of a cell into view. */
  focusCell(place: number): void {
    const cell = this.cells[place];
    if (cell !== undefined && place !== this.focus) this.choose({ ...cell, focus: place } as Partial<Question>);
  }

  /** Shows one method of the grid alone. */
  openCell(place: number): void {
    const cell = this.cells[place];
    if (cell !== undefined) this.choose({ ...cell, grid: [], focus: 0 } as Partial<Question>);
  }

  /** Puts one more method at the end of the grid. */
  addCell(name: string): void {
    const method = this.catalogue.methods.find((entry) => entry.name === name);
    if (method === undefined) return;
    const cell: Cell = { method: name, options: this.optionsOf(method), layer: null };
    this.choose({ ...cell, grid: [...this.cells, cell], focus: this.cells.length } as Partial<Question>);
  }

  /** Takes a method out of the grid. */
  removeCell(place: number): void {
    const grid = this.cells.filter((_, other) => other !== place);
    const focus = Math.max(0, this.focus > place ? this.focus - 1 : Math.min(this.focus, grid.length - 1));
    const cell = grid[focus];
    if (cell !== undefined) this.choose({ ...cell, grid, focus } as Partial<Question>);
  }

  protected newView(): ViewState {
    return new ViewState();
  }

  protected show(view: ViewState, frame: Progress, buffers: readonly unknown[]): void {
    view.take({ ...(frame as FrameMessage), map: floats(buffers[0]) });
  }

  /** A grid has its focused method where the question has it. */
  protected override completed(question: Question): Question {
    const { grid = [], focus = 0, method, options, layer } = question;
    if (grid.length === 0) return question;
    const cell = { method, options, layer };
    return { ...question, grid: grid.map((other, place) => (place === focus ? cell : other)) };
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

  protected takeSnapshot(): unknown {
    return takeSnapshot(this.views);
  }

  protected showSnapshot(snapshot: unknown): boolean {
    this.arrange(snapshotViews(snapshot));
    return showSnapshot(snapshot, this.views);
  }

  /** The kind of quantity in view. */
  get quantity(): QuantityEntry | undefined {
    return this.catalogue.quantities?.find(({ name }) => name === this.question.quantity);
  }

  /** Changes what is explained; what cannot be asked of it is dropped. */
  chooseQuantity(name: string): void {
    const compares = this.catalogue.quantities?.find((entry) => entry.name === name)?.compares ?? true;
    this.choose({ quantity: name, contrast: compares ? this.question.contrast : null });
  }

  protected override takeOffer(offer: OfferMessage): void {
    super.takeOffer(offer);
    this.fitting = offer.layers ?? {};
  }

  protected override withMethod(method: MethodEntry): Partial<Question> {
    const layer = method.takes_layer ? (this.layers.get(method.needs_layer === true) ?? null) : null;
    return { layer: layer !== null && this.layersOf(method).includes(layer) ? layer : null };
  }

  protected override remember(): void {
    super.remember();
    if (this.method.takes_layer) this.layers.set(this.method.needs_layer === true, this.question.layer);
    if (this.cells.length > 0) this.lastGrid = this.cells;
  }
}
