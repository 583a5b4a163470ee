import type { AnyModel } from "@anywidget/types";
import { LiveStore } from "../shared/explanation/live_store";
import { Photos } from "../shared/explanation/photos";
import type { Photo } from "../shared/pixels/photo";
import {
  ATTACK_TRAITS,
  type Attack,
  type AttackCatalogue,
  type AttackMessage,
  type AttackTraits,
  type Norm,
  type Progress,
} from "../shared/protocol";
import { Attacked } from "./attacked";

/** What one attacker knows: an attack, and what it did to each model. */
export class AttackStore extends LiveStore<Attack, Attacked, AttackCatalogue> {
  readonly #photos = new Photos(this);

  constructor(model: AnyModel<AttackTraits>) {
    super(model, ATTACK_TRAITS);
  }

  /** Measures changes in another way; epsilon is the one that was last in view there. */
  chooseNorm(norm: Norm): void {
    if (norm !== this.question.norm) this.decide({ norm });
  }

  /** A picture as it was given; undefined while it is being read. */
  photo(index: number): Photo | undefined {
    return this.#photos.photo(index);
  }

  protected newView(): Attacked {
    return new Attacked();
  }

  protected show(view: Attacked, frame: Progress, buffers: readonly unknown[]): void {
    view.take(frame as AttackMessage, buffers);
  }

  protected message(view: Attacked): [AttackMessage, Float32Array[]] | undefined {
    return view.message;
  }
}
