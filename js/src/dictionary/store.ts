import type { AnyModel } from "@anywidget/types";
import { LiveStore } from "../shared/explanation/live_store";
import { Newest } from "../shared/explanation/newest";
import { Photos } from "../shared/explanation/photos";
import type { Photo } from "../shared/pixels/photo";
import {
  DECOMPOSING_TRAITS,
  type DecomposeCatalogue,
  type DecomposeMessage,
  type DecomposeTraits,
  type Decomposing,
  type OptionEntry,
  type Progress,
} from "../shared/protocol";

/** What is known of a dictionary. */
export type Seen = Newest<DecomposeMessage>;

/** What one decomposer knows: how a layer is taken apart, which feature is looked at, and which are off. */
export class DictionaryStore extends LiveStore<Decomposing, Seen, DecomposeCatalogue> {
  readonly #photos = new Photos(this);

  constructor(model: AnyModel<DecomposeTraits>) {
    super(model, DECOMPOSING_TRAITS);
  }

  /** What is known of the dictionary. */
  get seen(): Seen {
    return this.views[0] as Seen;
  }

  /** The feature in view: the one that was chosen, or the one that is active most often. */
  get feature(): number | undefined {
    return this.question.feature ?? this.seen.frame?.feature;
  }

  /** The option that the curves run along. */
  get along(): OptionEntry {
    const name = this.catalogue.along[this.method.name];
    return this.method.options.find((option) => option.name === name) as OptionEntry;
  }

  /** A picture as it was given; undefined while it is being read. */
  photo(index: number): Photo | undefined {
    return this.#photos.photo(index);
  }

  /** Brings another feature into view, at the picture at which it is largest. */
  open(feature: number): void {
    this.choose({ feature, index: 0 });
  }

  /** Switches a feature off, or on again. */
  toggle(feature: number): void {
    const { without } = this.question;
    const others = without.filter((one) => one !== feature);
    // The one that is looked at stays in view, also where nobody chose it.
    const next = others.length < without.length ? others : [...without, feature].sort((a, b) => a - b);
    this.choose({ feature, without: next });
  }

  protected newView(): Seen {
    return new Newest();
  }

  protected show(view: Seen, frame: Progress, buffers: readonly unknown[]): void {
    view.take(frame as DecomposeMessage, buffers);
  }

  protected message(view: Seen): [DecomposeMessage, Float32Array[]] | undefined {
    return view.message;
  }
}
