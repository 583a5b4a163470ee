import type { AnyModel } from "@anywidget/types";
import { LiveStore } from "../shared/explanation/live_store";
import {
  type Progress,
  REPRESENTING_TRAITS,
  type RepresentCatalogue,
  type Representing,
  type RepresentMessage,
  type RepresentTraits,
} from "../shared/protocol";
import { Seen } from "./seen";

/** What one comparison knows: which networks, by which index, and which pair of layers is open. */
export class RepresentStore extends LiveStore<Representing, Seen, RepresentCatalogue> {
  /** Those inside the rectangle that is being drawn. */
  #brushed: readonly number[] | undefined;
  /** Whether the matrix is that of shuffled pictures. */
  shuffled = false;

  constructor(model: AnyModel<RepresentTraits>) {
    super(model, REPRESENTING_TRAITS);
  }

  /** What is known of the networks. */
  get seen(): Seen {
    return this.views[0] as Seen;
  }

  /** The row and the column of the pair that is open. */
  get cell(): readonly [number, number] {
    const { rows = [], columns = [] } = this.seen.header ?? {};
    return [rows.indexOf(this.question.layer), columns.indexOf(this.question.beside)];
  }

  /** Opens a pair of layers. */
  open(row: number, column: number): void {
    const { rows = [], columns = [] } = this.seen.header ?? {};
    const [layer, beside] = [rows[row], columns[column]];
    if (layer !== undefined && beside !== undefined) this.choose({ layer, beside });
  }

  /** The pictures that are marked in both clouds. */
  get marked(): readonly number[] {
    return this.#brushed ?? this.question.marked;
  }

  /** Shows pictures as marked while a rectangle is drawn: they count when it is let go. */
  brush(pictures: readonly number[]): void {
    this.#brushed = pictures;
    this.signals.emit("display");
  }

  /** Marks pictures in both clouds. */
  mark(pictures: readonly number[], change: Partial<Representing> = {}): void {
    this.#brushed = undefined;
    this.choose({ ...change, marked: pictures });
  }

  /** Shows what the index says of shuffled pictures, or of these. */
  shuffle(shuffled: boolean): void {
    this.shuffled = shuffled;
    this.signals.emit("display");
  }

  protected newView(): Seen {
    return new Seen();
  }

  protected show(view: Seen, frame: Progress, buffers: readonly unknown[]): void {
    view.take(frame as RepresentMessage, buffers);
  }

  protected message(view: Seen): [RepresentMessage, Float32Array[]] | undefined {
    return view.message;
  }
}
