import type { AnyModel } from "@anywidget/types";
import { LiveStore } from "../shared/explanation/live_store";
import {
  INTERVENING_TRAITS,
  type InterveneCatalogue,
  type InterveneMessage,
  type InterveneTraits,
  type Intervening,
  type Progress,
} from "../shared/protocol";
import { largest, Seen, type ToldFrame } from "./seen";

/** What one intervener knows: which picture, what its concepts are told to be, and what each model says then. */
export class InterveneStore extends LiveStore<Intervening, Seen, InterveneCatalogue> {
  constructor(model: AnyModel<InterveneTraits>) {
    super(model, INTERVENING_TRAITS);
  }

  /** The frames that there are. */
  get frames(): readonly ToldFrame[] {
    return this.views.flatMap(({ frame }) => frame ?? []);
  }

  /** What a concept is told to be; undefined where it is left alone. */
  toldOf(concept: number): number | undefined {
    return this.question.told[this.catalogue.concepts[concept] ?? ""];
  }

  /** Whether a concept is true of the picture; undefined where that is not known. */
  truthOf(concept: number): number | undefined {
    return this.catalogue.truths?.[this.question.index]?.[concept] ?? undefined;
  }

  /** The right class of the picture; undefined where it is not known. */
  get right(): number | undefined {
    return this.catalogue.labels?.[this.question.index];
  }

  /** What is told where some concepts are told something else, in the order of the concepts. */
  toldWith(concepts: readonly number[], share: (concept: number) => number | undefined): Record<string, number> {
    const { concepts: names } = this.catalogue;
    return Object.fromEntries(
      names.flatMap((name, concept) => {
        const value = concepts.includes(concept) ? share(concept) : this.toldOf(concept);
        return value === undefined ? [] : [[name, value]];
      }),
    );
  }

  /** Whether the truth of all of some concepts is known. */
  knows(concepts: readonly number[]): boolean {
    return concepts.length > 0 && concepts.every((concept) => this.truthOf(concept) !== undefined);
  }

  /** Whether the truth of all of them is told. */
  isTold(concepts: readonly number[]): boolean {
    return this.knows(concepts) && concepts.every((concept) => this.toldOf(concept) === this.truthOf(concept));
  }

  /** Tells the truth of some concepts. */
  tellTruth(concepts: readonly number[]): void {
    this.choose({ told: this.toldWith(concepts, (concept) => this.truthOf(concept)) });
  }

  /** Leaves some concepts to the models again. */
  takeBack(concepts: readonly number[]): void {
    this.choose({ told: this.toldWith(concepts, () => undefined) });
  }

  /** The group that a model would ask for next. */
  nextOf(view: number): number | undefined {
    return largest(this.views[view]?.worth ?? []);
  }

  override choose(change: Partial<Omit<Intervening, "method" | "options">>): void {
    // What was told is told of one picture.
    super.choose("index" in change && change.index !== this.question.index ? { told: {}, ...change } : change);
  }

  protected newView(): Seen {
    return new Seen();
  }

  protected show(view: Seen, frame: Progress, buffers: readonly unknown[]): void {
    view.take(frame as InterveneMessage, buffers);
  }

  protected message(view: Seen): [InterveneMessage, Float32Array[]] | undefined {
    return view.message;
  }
}
