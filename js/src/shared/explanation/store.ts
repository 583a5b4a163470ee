import type { AnyModel } from "@anywidget/types";
import { floats } from "../bytes";
import { LiveStore, type Progress } from "./live_store";
import {
  type FrameMessage,
  type MethodEntry,
  QUESTION_TRAITS,
  type QuantityEntry,
  type Question,
  type Traits,
} from "./protocol";
import { showSnapshot, takeSnapshot } from "./snapshot";
import { ViewState } from "./view_state";

/** What one explorer knows: a question, and a map of each model. */
export class Store extends LiveStore<Question, ViewState> {
  /** The layer of when the method last took one. */
  private layer: string | null;

  constructor(model: AnyModel<Traits>) {
    super(model, QUESTION_TRAITS);
    this.layer = this.question.layer;
  }

  protected newView(): ViewState {
    return new ViewState();
  }

  protected show(view: ViewState, frame: Progress, buffers: readonly unknown[]): void {
    view.take({ ...(frame as FrameMessage), map: floats(buffers[0]) });
  }

  protected takeSnapshot(): unknown {
    return takeSnapshot(this.views);
  }

  protected showSnapshot(snapshot: unknown): boolean {
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

  protected override withMethod(method: MethodEntry): Partial<Question> {
    return { layer: method.takes_layer ? this.layer : null };
  }

  protected override remember(): void {
    super.remember();
    if (this.method.takes_layer) this.layer = this.question.layer;
  }
}
