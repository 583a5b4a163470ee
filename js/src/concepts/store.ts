import type { AnyModel } from "@anywidget/types";
import { Additions } from "../shared/explanation/additions";
import { LiveStore } from "../shared/explanation/live_store";
import {
  type Add,
  type AddedEntry,
  CONCEPT_TRAITS,
  type ConceptCatalogue,
  type ConceptMessage,
  type ConceptTesting,
  type ConceptTraits,
  type Progress,
} from "../shared/protocol";
import { type EffectFrame, reach, Seen } from "./seen";

/** The pictures that have a concept, and those that have it not, by number. */
export interface Sides {
  readonly examples: readonly number[];
  readonly counterpart: readonly number[];
}

/** What one concept tester knows: which concepts at which layer, by which pictures, and what they add in each model. */
export class ConceptStore extends LiveStore<ConceptTesting, Seen, ConceptCatalogue> {
  readonly #additions: Additions;

  constructor(private readonly host: AnyModel<ConceptTraits>) {
    super(host, CONCEPT_TRAITS);
    this.#additions = new Additions(this);
    const join = (): void => {
      this.#additions.join(host.get("_added") ?? []);
      this.signals.emit("pictures");
    };
    this.onTrait("_added", join);
    join();
  }

  get given(): number {
    return this.#additions.given;
  }

  get added(): readonly AddedEntry[] {
    return this.#additions.added;
  }

  /** Brings a picture of one's own, an example of the concept in view. */
  add(picture: Omit<Add, "type" | "request">, pixels: ArrayBuffer): void {
    this.connection.add(picture, pixels);
  }

  takeAway(): void {
    this.connection.remove(this.question.index);
  }

  /** The frames that there are, by the number of the model. */
  get frames(): readonly (EffectFrame | undefined)[] {
    return this.views.map(({ frame }) => frame);
  }

  /** The ends of the scale that all effects are on. */
  get scale(): [number, number] {
    return reach(this.frames.filter((frame) => frame !== undefined));
  }

  /** What effects are measured in. */
  get measured(): string {
    return this.views.find(({ header }) => header !== undefined)?.header?.measured ?? "score";
  }

  /** All pictures of a concept, in and out, with those that were added and not taken away. */
  sides(concept: string): Sides {
    const { examples = [], counterpart = [] } = this.catalogue.concepts.find(({ name }) => name === concept) ?? {};
    const brought = this.host.get("_brought") ?? [];
    const added = this.added.flatMap(({ away }, place) =>
      brought[place] === concept && !away ? [this.given + place] : [],
    );
    return { examples: [...examples, ...added], counterpart };
  }

  /** Whether a picture that stands at this place of its side is taken. */
  isTaken(number: number, place: number): boolean {
    const { count, without } = this.question;
    return !without.includes(number) && (count === null || number >= this.given || place < count);
  }

  /** How many pictures there are of the side that has most, of all concepts. */
  get largest(): number {
    return Math.max(
      ...this.catalogue.concepts.flatMap(({ examples, counterpart }) => [examples.length, counterpart.length]),
    );
  }

  /** Takes a picture out of its concepts, or in again. */
  toggle(number: number): void {
    const { without } = this.question;
    const others = without.filter((one) => one !== number);
    this.choose({ without: others.length < without.length ? others : [...without, number].sort((a, b) => a - b) });
  }

  /** The stop of the steering that is in view. */
  get stopInView(): number {
    const { reach: most, stops } = this.catalogue;
    return Math.round(((this.question.step + most) / (2 * most)) * (stops - 1));
  }

  /** The step at a share of the way from end to end, at the nearest stop. */
  stepAt(share: number): number {
    const { reach: most, stops } = this.catalogue;
    return (2 * most * Math.round(share * (stops - 1))) / (stops - 1) - most;
  }

  protected newView(): Seen {
    return new Seen();
  }

  protected show(view: Seen, frame: Progress, buffers: readonly unknown[]): void {
    view.take(frame as ConceptMessage, buffers);
  }

  protected message(view: Seen): [ConceptMessage, Float32Array[]] | undefined {
    return view.message;
  }
}
