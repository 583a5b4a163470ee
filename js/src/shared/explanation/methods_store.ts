import type { Photo } from "../pixels/photo";
import type { Catalogue, Cell, Compared, Progress } from "../protocol";
import { LiveStore } from "./live_store";
import { Photos } from "./photos";

/** What a widget knows that compares several methods: their list, and the pictures as they were given. */
export abstract class MethodsStore<
  Question extends Compared,
  View extends { frame: Progress | undefined },
  Known extends Catalogue,
> extends LiveStore<Question, View, Known> {
  protected readonly photos = new Photos(this);

  /** The methods; one alone is a list of one. */
  get cells(): readonly Cell[] {
    const { grid, method, options, layer } = this.question;
    return grid.length > 0 ? grid : [{ method, options, layer }];
  }

  /** A picture as it was given; undefined while it is being read. */
  photo(index: number): Photo | undefined {
    return this.photos.photo(index);
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
}
