import type { AnyModel } from "@anywidget/types";
import { LiveStore } from "../shared/explanation/live_store";
import { Newest } from "../shared/explanation/newest";
import { Photos } from "../shared/explanation/photos";
import type { Photo } from "../shared/pixels/photo";
import {
  DISSECTING_TRAITS,
  type DissectCatalogue,
  type Dissecting,
  type DissectMessage,
  type DissectTraits,
  type Progress,
} from "../shared/protocol";
import { type Fit, type Formula, fitOf, held } from "./formula";
import type { Seen } from "./seen";

/** What one dissector knows: which unit of which layer is looked at, by which formula, and which units are out. */
export class UnitsStore extends LiveStore<Dissecting, Seen, DissectCatalogue> {
  readonly #photos = new Photos(this);

  constructor(model: AnyModel<DissectTraits>) {
    super(model, DISSECTING_TRAITS);
  }

  /** What is known of the unit. */
  get seen(): Seen {
    return this.views[0] as Seen;
  }

  /** The unit in view: the one that was chosen, or the one that a concept fits best. */
  get unit(): number | undefined {
    return this.question.unit ?? this.seen.frame?.unit;
  }

  /** The picture that is large, of those at which the unit says most. */
  get picture(): number | undefined {
    return this.seen.frame?.top[this.question.index];
  }

  /** The formula in view: the one that was chosen, or the concept that fits the unit best. */
  get formula(): Formula {
    const { formula } = this.question;
    const best = this.seen.frame?.rows[this.unit ?? -1];
    if (formula.length > 0 || best === undefined) return formula;
    return [["", this.catalogue.concepts[best.concept] ?? ""]];
  }

  /** Which atoms the formula holds, and how well it fits; undefined while nothing is counted. */
  get fit(): (Fit & { readonly inside: readonly boolean[] }) | undefined {
    const { frame } = this.seen;
    if (frame === undefined) return undefined;
    const inside = held(this.formula, this.catalogue.concepts, frame);
    return { ...fitOf(inside, frame), inside };
  }

  /** A picture as it was given; undefined while it is being read. */
  photo(index: number): Photo | undefined {
    return this.#photos.photo(index);
  }

  /** Brings another unit into view, at the picture at which it says most, with the concept that fits it best. */
  open(unit: number): void {
    this.choose({ unit, index: 0, formula: [] });
  }

  /** Takes a unit out of the network, or puts it back. */
  toggle(unit: number): void {
    const { without } = this.question;
    const others = without.filter((one) => one !== unit);
    this.choose({ without: others.length < without.length ? others : [...without, unit].sort((a, b) => a - b) });
  }

  /** The formula with a concept in place of one of it, or behind all of it. */
  setConcept(place: number, concept: string): void {
    const join = this.formula[place]?.[0] ?? (place === 0 ? "" : "or");
    this.#setFormula([...this.formula.slice(0, place), [join, concept], ...this.formula.slice(place + 1)]);
  }

  setJoin(place: number, join: string): void {
    this.#setFormula(this.formula.map((step, other) => (other === place ? [join, step[1]] : step)));
  }

  /** The formula without one of its concepts; the first that is left is joined to nothing. */
  removeConcept(place: number): void {
    const left = this.formula.filter((_, other) => other !== place);
    this.#setFormula(
      left.map(([join, concept], other) => [other === 0 ? join.replace(/^(or|and) ?/, "") : join, concept]),
    );
  }

  /** Takes a formula as a whole. */
  setFormula(formula: Formula): void {
    this.#setFormula(formula);
  }

  #setFormula(formula: Formula): void {
    this.choose({ formula: formula.map(([join, concept]): [string, string] => [join, concept]) });
  }

  protected newView(): Seen {
    return new Newest();
  }

  protected show(view: Seen, frame: Progress, buffers: readonly unknown[]): void {
    view.take(frame as DissectMessage, buffers);
  }

  protected message(view: Seen): [DissectMessage, Float32Array[]] | undefined {
    return view.message;
  }
}
