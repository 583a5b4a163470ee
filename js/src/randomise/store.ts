import type { AnyModel } from "@anywidget/types";
import { MethodsStore } from "../shared/explanation/methods_store";
import {
  type Progress,
  RANDOMISE_TRAITS,
  type Randomise,
  type RandomiseCatalogue,
  type RandomiseMessage,
  type RandomiseTraits,
} from "../shared/protocol";
import { same } from "../shared/same";
import { Seen } from "./seen";

/** What one randomiser knows: which layers are reset, and what each method says then. */
export class RandomiseStore extends MethodsStore<Randomise, Seen, RandomiseCatalogue> {
  constructor(model: AnyModel<RandomiseTraits>) {
    super(model, RANDOMISE_TRAITS);
  }

  /** What is reset last at a depth, in words. */
  depthName(depth: number): string {
    return this.catalogue.depths[depth - 1]?.name ?? "trained";
  }

  /** All layers that are reset at a depth, in words. */
  resetAt(depth: number): string {
    const { depths } = this.catalogue;
    const last = depths[depth - 1];
    if (last === undefined) return "the trained network";
    const reset = this.question.order === "cascading" ? depths.slice(0, depth) : [last];
    return `${reset.flatMap(({ layers }) => layers).join(", ")} reset`;
  }

  protected newView(): Seen {
    return new Seen();
  }

  protected show(view: Seen, frame: Progress, buffers: readonly unknown[]): void {
    view.take(frame as RandomiseMessage, buffers);
  }

  protected message(view: Seen): [RandomiseMessage, Float32Array[]] | undefined {
    return view.message;
  }

  /** What is on the screen stays, where it is asked for still, until the first new frame of it. */
  protected override arrange(count: number): void {
    if (count < 1 || count === this.views.length) return;
    const before = [...this.views];
    this.views = Array.from({ length: count }, (_, view) => {
      const cell = this.cells[view];
      const place = before.findIndex(({ header }, other) => {
        const then = header?.state.grid[other];
        return then !== undefined && then.method === cell?.method && same(then.options, cell.options);
      });
      return place < 0 ? this.newView() : (before.splice(place, 1, this.newView())[0] ?? this.newView());
    });
  }
}
