import type { AnyModel } from "@anywidget/types";
import type { Parcel } from "../shared/connection";
import { Store } from "../shared/explanation/store";
import type { TokenCatalogue, TokenHeader, TokenTraits, Traits } from "../shared/protocol";
import { Signals } from "../shared/signals";

/** What one explorer of texts knows beside what an explorer knows: the text in view, given or typed. */
export class TokenStore extends Store {
  readonly changes = new Signals<"text">();
  readonly #typed = new Map<number, string>();

  constructor(private readonly host: AnyModel<TokenTraits>) {
    super(host as unknown as AnyModel<Traits>);
    this.#typed.set(this.question.index, host.get("text"));
    this.onTrait("text", () => {
      // The trait of a new text comes with that of its number, which is read a moment later.
      queueMicrotask(() => {
        const text = this.host.get("text");
        if (text === this.text) return;
        this.#typed.set(this.host.get("index") as number, text);
        this.changes.emit("text");
      });
    });
    this.signals.on("question", () => this.changes.emit("text"), this.#ending.signal);
  }

  readonly #ending = new AbortController();

  get text(): string {
    const { index } = this.question;
    return this.#typed.get(index) ?? this.catalogue.pictures[index]?.label ?? "";
  }

  get canType(): boolean {
    return (this.catalogue as TokenCatalogue).can_type;
  }

  /** The texts to choose from, as they were given. */
  get texts(): readonly string[] {
    return this.catalogue.pictures.map(({ label }) => label);
  }

  header(view: number): TokenHeader | undefined {
    return this.views[view]?.header as TokenHeader | undefined;
  }

  /** Shows what a text says while it is typed. */
  type(text: string): void {
    this.#typed.set(this.question.index, text);
    this.ask();
  }

  /** Makes the text in view the widget's own: Python hears of it. */
  settleText(): void {
    this.connection.flush();
    if (this.host.get("text") === this.text) return;
    this.host.set("text", this.text);
    this.settle();
  }

  override close(): void {
    this.#ending.abort();
    super.close();
  }

  protected override parcel(): Parcel {
    const { state, buffers } = super.parcel();
    const typed = this.#typed.get(this.question.index);
    return { state: typed === undefined || !this.canType ? state : { ...state, text: typed }, buffers };
  }
}
