import type { AnyModel } from "@anywidget/types";
import { MethodsStore } from "../shared/explanation/methods_store";
import type { Photo } from "../shared/pixels/photo";
import {
  ERASER_TRAITS,
  type EraserCatalogue,
  type EraserMessage,
  type EraserQuestion,
  type EraserTraits,
  type Progress,
} from "../shared/protocol";
import { Erased } from "./erased";

/** What one eraser knows: the methods, how much is erased, and what is left of the answer in the order of each map. */
export class EraserStore extends MethodsStore<EraserQuestion, Erased, EraserCatalogue> {
  constructor(model: AnyModel<EraserTraits>) {
    super(model, ERASER_TRAITS);
  }

  /** What takes the place of what is erased of it. */
  filling(index: number, src: string): Photo | undefined {
    const picture = this.catalogue.pictures[index];
    return picture === undefined ? undefined : this.photos.at({ ...picture, src });
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
