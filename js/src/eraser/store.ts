import type { AnyModel } from "@anywidget/types";
import { LiveStore } from "../shared/explanation/live_store";
import { Photos } from "../shared/explanation/photos";
import type { Photo } from "../shared/pixels/photo";
import {
  type Cell,
  ERASER_TRAITS,
  type EraserCatalogue,
  type EraserMessage,
  type EraserQuestion,
  type EraserTraits,
  type Progress,
} from "../shared/protocol";
import { Erased } from "./erased";

/** What one eraser knows: the methods, how much is erased, and what is left of the answer in the order of each map. */
export class EraserStore extends LiveStore<EraserQuestion, Erased, EraserCatalogue> {
  readonly #photos = new Photos(this);

  constructor(model: AnyModel<EraserTraits>) {
    super(model, ERASER_TRAITS);
  }

  /** The methods; one alone is a list of one. */
  get cells(): readonly Cell[] {
    const { grid, method, options, layer } = this.question;
    return grid.length > 0 ? grid : [{ method, options, layer }];
  }

  /** Brings the settings of a method into view. */
  focusCell(place: number): void {
    if (place !== this.question.focus) this.decide({ focus: place });
  }

  /** Puts one more method at the end, with its options as they were when it was last in view. */
  addCell(name: string): void {
    this.decide({ grid: [...this.cells, { method: name }], focus: this.cells.length });
  }

  /** Takes a method away. */
  removeCell(place: number): void {
    const grid = this.cells.filter((_, other) => other !== place);
    const { focus } = this.question;
    this.decide({ grid, focus: Math.max(0, focus > place ? focus - 1 : Math.min(focus, grid.length - 1)) });
  }

  /** A picture as it was given; undefined while it is being read. */
  photo(index: number): Photo | undefined {
    return this.#photos.photo(index);
  }

  /** What takes the place of what is erased of it. */
  filling(index: number, src: string): Photo | undefined {
    const picture = this.catalogue.pictures[index];
    return picture === undefined ? undefined : this.#photos.at({ ...picture, src });
  }

  protected override arrange(count: number): void {
    if (count < 1 || count === this.views.length) return;
    this.views = Array.from({ length: count }, (_, view) => this.views[view] ?? this.newView());
  }

  protected newView(): Erased {
    return new Erased();
  }

  protected show(view: Erased, frame: Progress, buffers: readonly unknown[]): void {
    view.take(frame as EraserMessage, buffers);
  }

  protected message(view: Erased): [EraserMessage, Float32Array[]] | undefined {
    return view.message;
  }
}
