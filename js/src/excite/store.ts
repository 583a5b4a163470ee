import type { AnyModel } from "@anywidget/types";
import { LiveStore } from "../shared/explanation/live_store";
import { Photos } from "../shared/explanation/photos";
import type { Photo } from "../shared/pixels/photo";
import {
  EXCITING_TRAITS,
  type ExciteCatalogue,
  type ExciteMessage,
  type ExciteTraits,
  type Exciting,
  type Progress,
} from "../shared/protocol";
import { Grown } from "./grown";

/** What one exciter knows: what is to be excited, or which layer is inverted, and the picture that grows. */
export class ExciteStore extends LiveStore<Exciting, Grown, ExciteCatalogue> {
  readonly #photos = new Photos(this);

  constructor(model: AnyModel<ExciteTraits>) {
    super(model, EXCITING_TRAITS);
    this.arrange();
  }

  /** The picture that grows, and what is known of it. */
  get grown(): Grown {
    return this.views[0] as Grown;
  }

  /** Whether a layer is inverted, and nothing excited. */
  get inverts(): boolean {
    return this.method.needs_layer;
  }

  /** The layers of the network in view. */
  get layers(): readonly string[] {
    return this.catalogue.networks[this.question.network] ?? [];
  }

  /** What is excited, in words. */
  get what(): string {
    const { channel, layer, target } = this.question;
    return channel === null ? (this.catalogue.classes[target] ?? "") : `channel ${channel} of ${layer}`;
  }

  /** The network in view, in words; nothing where there is but one. */
  get inNetwork(): string {
    return this.catalogue.models.length > 1 ? ` in ${this.question.network}` : "";
  }

  /** A picture as it was given; undefined while it is being read. */
  photo(index: number): Photo | undefined {
    return this.#photos.photo(index);
  }

  exciteClass(target: number): void {
    this.choose({ target, channel: null });
  }

  exciteChannel(channel: number): void {
    this.choose({ channel });
  }

  /** All networks are asked of one picture. */
  protected override arrange(): void {
    if (this.views.length > 1) this.views = this.views.slice(0, 1);
  }

  protected newView(): Grown {
    return new Grown();
  }

  protected show(view: Grown, frame: Progress, buffers: readonly unknown[]): void {
    view.take(frame as ExciteMessage, buffers);
  }

  protected message(view: Grown): [ExciteMessage, Float32Array[]] | undefined {
    return view.message;
  }
}
