import type { AnyModel } from "@anywidget/types";
import { LiveStore } from "../shared/explanation/live_store";
import {
  type Progress,
  WITHHOLDING_TRAITS,
  type WithholdCatalogue,
  type Withholding,
  type WithholdMessage,
  type WithholdTraits,
} from "../shared/protocol";
import { Seen } from "./seen";

/** What one widget of columns that are left out knows. */
export class WithoutStore extends LiveStore<Withholding, Seen, WithholdCatalogue> {
  #largest = 0;
  #scaled = "";

  constructor(model: AnyModel<WithholdTraits>) {
    super(model, WITHHOLDING_TRAITS);
  }

  /** What is known of the row in view. */
  get seen(): Seen {
    return this.views[0] as Seen;
  }

  /** What a column is called. */
  columnName(column: number): string {
    return this.catalogue.columns?.[column] ?? "";
  }

  /** The largest value that bars are drawn to: while the correlation alone is moved it never shrinks. */
  get largest(): number {
    const { correlation, ...rest } = this.question;
    const scaled = JSON.stringify(rest);
    if (scaled !== this.#scaled) this.#largest = 0;
    this.#scaled = scaled;
    const values = this.seen.frame?.values.flat() ?? [];
    this.#largest = Math.max(this.#largest, ...values.map(Math.abs));
    return this.#largest;
  }

  protected newView(): Seen {
    return new Seen();
  }

  protected show(view: Seen, frame: Progress, buffers: readonly unknown[]): void {
    view.take(frame as WithholdMessage, buffers);
  }

  protected message(view: Seen): [WithholdMessage, Float32Array[]] | undefined {
    return view.message;
  }
}
