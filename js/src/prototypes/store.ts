import type { AnyModel } from "@anywidget/types";
import { LiveStore } from "../shared/explanation/live_store";
import { Newest } from "../shared/explanation/newest";
import { Photos } from "../shared/explanation/photos";
import type { Photo } from "../shared/pixels/photo";
import {
  PROTOTYPING_TRAITS,
  type Progress,
  type PrototypeCatalogue,
  type PrototypeMessage,
  type PrototypeRow,
  type PrototypeTraits,
  type Prototyping,
} from "../shared/protocol";
import { type Bill, billOf, probabilities, totals } from "./bill";

type Seen = Newest<PrototypeMessage>;

/** What one prototype viewer knows: the bill of a picture, and which prototypes are struck out. */
export class PrototypeStore extends LiveStore<Prototyping, Seen, PrototypeCatalogue> {
  readonly #photos = new Photos(this);
  #looked: number | undefined;

  constructor(model: AnyModel<PrototypeTraits>) {
    super(model, PROTOTYPING_TRAITS);
    this.arrange();
  }

  /** What is known of the picture. */
  get seen(): Seen {
    return this.views[0] as Seen;
  }

  /** The bill of the class and that of the one beside it, added up in the page; nothing while nothing is known. */
  get bills(): readonly Bill[] {
    const { frame } = this.seen;
    if (frame === undefined) return [];
    return this.asked.map((index) => billOf(frame, index, this.question.without));
  }

  /** The class and the one beside it; a single one where the network has no other. */
  get asked(): readonly number[] {
    const { target, contrast } = this.seen.frame ?? {};
    if (target === undefined || contrast === undefined) return [];
    return target === contrast ? [target] : [target, contrast];
  }

  /** The item whose patches are large: the one that was pointed at, or the first. */
  get looked(): PrototypeRow | undefined {
    const rows = this.seen.frame?.rows ?? [];
    return rows.find(({ unit }) => unit === this.#looked) ?? rows[0];
  }

  /** The classes with their probabilities, with all prototypes and without those that are out; the largest first. */
  get answers(): { readonly index: number; readonly before: number; readonly after: number }[] {
    const { frame } = this.seen;
    if (frame === undefined || !frame.shares) return [];
    const [before, after] = [[], this.question.without].map((out) => probabilities(totals(frame, out)));
    return frame.classes
      .map((index, place) => ({ index, before: before?.[place] ?? 0, after: after?.[place] ?? 0 }))
      .sort((one, other) => other.before - one.before || one.index - other.index);
  }

  /** A picture as it was given; undefined while it is being read. */
  photo(index: number): Photo | undefined {
    return this.#photos.photo(index);
  }

  /** A training picture that an item comes from; undefined where there is none, and while it is being read. */
  training(number: number): Photo | undefined {
    const found = this.seen.frame?.pictures.find((picture) => picture.number === number);
    return found && this.#photos.at(found);
  }

  /** Makes the patches of an item large. */
  look(unit: number): void {
    if (unit === this.#looked) return;
    this.#looked = unit;
    this.signals.emit("frames");
  }

  /** Strikes a prototype out, or puts it back. */
  toggle(unit: number): void {
    const { without } = this.question;
    const others = without.filter((one) => one !== unit);
    this.#looked = unit;
    this.choose({ without: others.length < without.length ? others : [...without, unit].sort((a, b) => a - b) });
  }

  /** One network is asked at a time. */
  protected override arrange(): void {
    if (this.views.length > 1) this.views = this.views.slice(0, 1);
  }

  protected newView(): Seen {
    return new Newest();
  }

  protected show(view: Seen, frame: Progress, buffers: readonly unknown[]): void {
    view.take(frame as PrototypeMessage, buffers);
  }

  protected message(view: Seen): [PrototypeMessage, Float32Array[]] | undefined {
    return view.message;
  }
}
