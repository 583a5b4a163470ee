import type { AnyModel } from "@anywidget/types";
import type { Message } from "../shared/connection";
import { Additions } from "../shared/explanation/additions";
import { Easel } from "../shared/explanation/easel";
import { Store } from "../shared/explanation/store";
import { places } from "../shared/pixels/outline";
import type { Mask } from "../shared/pixels/overlap";
import type { Add, AddedEntry, Mark, MechanismMessage, Traits } from "../shared/protocol";

/** While a pointer moves the kernel is asked so often. */
const EVERY = 40;

/** How a value arises, with the pixels of small pictures. */
export interface Arising {
  readonly message: MechanismMessage;
  readonly buffers: readonly unknown[];
}

/** A value of one of the pictures: which picture, and the place of its map. */
export interface Pointed {
  readonly view: number;
  readonly at: readonly number[];
}

const UNMARKED: Mark = { area: [], spots: [], revealed: false };

/** What an explorer of pictures and tables knows, and what draws its maps for all views. */
export class ExplorerStore extends Store {
  readonly #additions: Additions;
  readonly easel = new Easel(this);
  /** How the value arises that was asked about last, as far as the kernel has said. */
  arising: Arising | undefined;
  /** Whether one marks with a brush; else hands are counted. */
  brushes = true;
  #pointed: Pointed | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #late = false;

  constructor(private readonly host: AnyModel<Traits>) {
    super(host, ["predict_first", "marks"]);
    this.#additions = new Additions(this);
    const join = (): void => {
      this.#additions.join(host.get("_added") ?? []);
      this.signals.emit("pictures");
    };
    this.onTrait("_added", join);
    join();
  }

  /** How many pictures there were at first. */
  get given(): number {
    return this.#additions.given;
  }

  /** Those that were added since. */
  get added(): readonly AddedEntry[] {
    return this.#additions.added;
  }

  /** Brings a picture of one's own. */
  add(picture: Omit<Add, "type" | "request">, pixels: ArrayBuffer): void {
    this.connection.add(picture, pixels);
  }

  /** Takes the picture in view away, which is one of these. */
  takeAway(): void {
    this.connection.remove(this.question.index);
  }

  /** Whether one marks on the pictures before their maps are seen. */
  get predictsFirst(): boolean {
    return this.host.get("predict_first") === true;
  }

  /** What is marked on the picture in view. */
  get mark(): Mark {
    return this.#markOf(this.question.index);
  }

  /** How large the picture in view is. */
  get size(): { readonly width: number; readonly height: number } {
    const { width = 1, height = 1 } = this.catalogue.pictures[this.question.index] ?? {};
    return { width, height };
  }

  /** What is painted on it, to be painted further. */
  get mask(): Mask {
    return { ...this.size, inside: places({ ...this.size, runs: this.mark.area }) };
  }

  /** Whether the map of a picture is not to be seen yet. */
  conceals(index: number): boolean {
    return this.predictsFirst && !this.#markOf(index).revealed;
  }

  /** While another picture is on its way both count, or the map of the last one were seen for a moment. */
  override get hidden(): boolean {
    const shown = this.headers.map(({ state }) => state.index);
    return [this.question.index, ...shown].some((index) => this.conceals(index));
  }

  /** Who begins to predict sees no map: what was revealed is hidden again by the kernel. */
  predictFirst(first: boolean): void {
    this.settleBeside({ predict_first: first });
  }

  /** Changes what is marked on a picture, by default the one in view. */
  setMark(change: Partial<Mark>, index = this.question.index): void {
    this.settleBeside({ marks: { ...this.host.get("marks"), [index]: { ...this.#markOf(index), ...change } } });
  }

  brush(brushes: boolean): void {
    this.brushes = brushes;
    this.signals.emit("display");
  }

  /** Asks how a value arises, the newest of those that are asked about in a row; null is none any more. */
  inspect(pointed: Pointed | null): void {
    if (String([pointed?.view, pointed?.at]) === String([this.#pointed?.view, this.#pointed?.at])) return;
    this.#pointed = pointed;
    if (pointed === null) this.arising = undefined;
    if (this.#timer === undefined) this.#send();
    else this.#late = true;
  }

  override close(): void {
    super.close();
    clearTimeout(this.#timer);
  }

  protected override receiveMore(message: Message, buffers: readonly unknown[]): void {
    if (message.type !== "mechanism" || this.#pointed === null) return;
    this.arising = { message: message as MechanismMessage, buffers };
  }

  #markOf(index: number): Mark {
    return this.host.get("marks")?.[index] ?? UNMARKED;
  }

  #send(): void {
    this.#late = false;
    this.connection.inspect(this.#pointed?.view ?? 0, this.#pointed?.at ?? null);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#late) this.#send();
    }, EVERY);
  }
}
