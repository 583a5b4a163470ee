import type { AnyModel } from "@anywidget/types";
import { Photos } from "../shared/explanation/photos";
import { Store } from "../shared/explanation/store";
import type { Photo } from "../shared/pixels/photo";
import {
  type GivenPart,
  type InputsCatalogue,
  type InputsHeader,
  type InputsTraits,
  type PartEntry,
  QUESTION_TRAITS,
  type Traits,
} from "../shared/protocol";
import { divided } from "./division";

/** What may be done to the input in view, and into what inputs are divided, by the names of the parts. */
type Edits = Pick<InputsTraits, "typed" | "struck" | "features">;

/** What an explorer of several inputs knows beside what an explorer knows: what was typed and struck out. */
export class InputsStore extends Store {
  readonly #photos = new Photos(this);

  constructor(host: AnyModel<InputsTraits>) {
    super(host as unknown as AnyModel<Traits>, [], [...QUESTION_TRAITS, "typed", "struck", "features"]);
  }

  get parts(): readonly PartEntry[] {
    return (this.catalogue as InputsCatalogue).parts;
  }

  /** What was typed and struck out in the input in view. */
  get edits(): Edits {
    return this.question as unknown as Edits;
  }

  get isEdited(): boolean {
    const { typed, struck } = this.edits;
    return Object.keys(typed).length + Object.keys(struck).length > 0;
  }

  override get first(): Store["first"] {
    // What the widget was made with were the inputs as they were given.
    return { ...super.first, typed: {}, struck: {}, features: {} };
  }

  header(view: number): InputsHeader | undefined {
    return this.views[view]?.header as InputsHeader | undefined;
  }

  /** What was given for a part of an input. */
  given(index: number, part: number): GivenPart | undefined {
    return (this.catalogue as InputsCatalogue).inputs[index]?.[part];
  }

  /** The picture of a part; undefined while it is being read. */
  photo(index: number, part: number): Photo | undefined {
    const given = this.given(index, part);
    return given && this.#photos.at(given);
  }

  /** The numbers of a row as they are in view. */
  row(part: number): readonly number[] {
    const typed = this.edits.typed[this.parts[part]?.name ?? ""] as number[] | undefined;
    return typed ?? this.given(this.question.index, part)?.values ?? [];
  }

  /** The text as it is in view. */
  text(part: number): string {
    const typed = this.edits.typed[this.parts[part]?.name ?? ""] as string | undefined;
    return typed ?? this.given(this.question.index, part)?.text ?? "";
  }

  /** Puts something in place of what was given for a part, live. */
  type(part: number, typed: unknown): void {
    const name = this.parts[part]?.name ?? "";
    const struck = { ...this.edits.struck };
    // Of another text the numbers of the words mean others.
    if (typeof typed === "string") delete struck[name];
    this.move({ typed: { ...this.edits.typed, [name]: typed }, struck } as object);
  }

  /** Leaves a word out of a text, or takes it in again. */
  strike(part: number, word: number): void {
    const name = this.parts[part]?.name ?? "";
    const before = this.edits.struck[name] ?? [];
    const words = before.includes(word) ? before.filter((one) => one !== word) : [...before, word];
    const { [name]: _, ...others } = this.edits.struck;
    const struck = words.length === 0 ? others : { ...others, [name]: words.sort((a, b) => a - b) };
    this.choose({ struck } as object);
  }

  /** Has a part be one feature, or several. */
  divide(part: number, division: string): void {
    const features = divided(this.edits.features, this.parts[part]?.name ?? "", division);
    this.choose({ features } as object);
  }

  /** Another input comes with what was typed and struck out in it, which the kernel knows. */
  override choose(change: Parameters<Store["choose"]>[0]): void {
    if ("index" in change) this.decide(change);
    else super.choose(change);
  }

  /** Has the input in view as it was given. */
  takeBack(): void {
    this.choose({ typed: {}, struck: {} } as object);
  }
}
