import { attribute, h, on, uniqueId, write } from "../shared/dom";
import { Bars } from "../shared/explanation/bars";
import { Legend } from "../shared/explanation/legend";
import { valueWords } from "../shared/explanation/value_words";
import { tint } from "../shared/pixels/colormap";
import { inkOn } from "../shared/pixels/ink";
import { type Sign, scaled, signFor } from "../shared/pixels/sign";
import type { Ends, TokenHeader, Word } from "../shared/protocol";
import { within } from "../shared/within";
import { number } from "../shared/words";
import { fill } from "./fill";
import type { TokenStore } from "./store";

/** A word on the screen: what stands before it, itself, its text, and its value in figures. */
interface Item {
  readonly before: HTMLElement;
  readonly item: HTMLElement;
  readonly text: HTMLElement;
  readonly figure: HTMLElement;
}

/** The text as one model reads it, each word in its colour, and the model's top classes. */
export class Passage {
  readonly element: HTMLElement;
  readonly #words: HTMLElement;
  readonly #beside = h("p", { class: "xai-beside", hidden: true });
  readonly #value = h("p", { class: "xai-word-value", role: "status" });
  readonly #legend = new Legend();
  readonly #bars: Bars;
  readonly #fill: () => void;
  /** The text that the size of the words was made for. */
  #filled = "";
  readonly #items: Item[] = [];
  readonly #after = h("span", { class: "xai-between" });
  readonly #unread = h("s", { class: "xai-unread", title: "Not read: the model has no room for it" });
  #values: readonly number[] = [];
  #texts: readonly Word[] = [];
  #ends: Ends = ["", ""];
  #limit = 0;
  #sign: Sign = "both";
  /** The word that the tabulator comes to; the arrows go on from there. */
  #current = 0;
  numbers = false;

  constructor(
    private readonly store: TokenStore,
    private readonly view: number,
    signal: AbortSignal,
  ) {
    const name = store.catalogue.models[view] ?? "";
    this.#bars = new Bars(store, view);
    const hint = uniqueId("hint");
    this.#words = h("div", { class: "xai-words", role: "list", "aria-label": "Words", "aria-describedby": hint });
    this.element = h(
      "section",
      { class: "xai-passage", "aria-label": name || "The text" },
      ...(name === "" ? [] : [h("b", {}, name)]),
      this.#words,
      this.#beside,
      this.#value,
      this.#legend.element,
      this.#bars.element,
      h("span", { class: "xai-spoken", id: hint }, "The arrow keys go from word to word and read its value."),
    );
    this.#listen(signal);
    this.#fill = fill(this.#words, signal);
    store.signals.follow(["frames", "display"], () => this.show(), signal);
  }

  show(): void {
    const { frame } = this.store.views[this.view] ?? {};
    const header = this.store.header(this.view);
    if (header === undefined || frame === undefined) return;
    this.#bars.show(header);
    this.#ends = header.ends;
    this.#sign = signFor(this.store.display.sign, this.#ends);
    this.#texts = header.words;
    // A word has the sum of its tokens; what stands nowhere is said beside the text, so that all of it adds up.
    const sum = (places: readonly number[]): number =>
      places.reduce((total, place) => total + (frame.map[place] ?? 0), 0);
    this.#values = this.#sums(this.view);
    this.#showBeside(header, sum(header.beside), frame.map);
    this.#limit = this.#scaleEnd();
    this.#current = Math.min(this.#current, Math.max(0, this.#texts.length - 1));
    this.#write(header);
    const text = this.#texts.map(({ text }) => text).join(" ");
    if (text !== this.#filled) this.#fill();
    this.#filled = text;
    const { colormap } = this.store.appearance;
    this.#legend.show(this.#limit, { colormap, sign: this.#sign, opacity: 1, under: undefined }, this.#ends);
    const failed = this.store.errors.has(this.view) || this.store.error !== null;
    this.#words.classList.toggle("xai-outworn", failed);
  }

  /** Where the colours end: the same in all models where they are on one scale, and where it was while a slider moves. */
  #scaleEnd(): number {
    const { display, views, moving } = this.store;
    if (moving && this.#limit > 0) return this.#limit;
    const shown = display.scale === "shared" ? views.map((_, view) => view) : [this.view];
    return Math.max(0, ...shown.flatMap((view) => this.#sums(view).map(Math.abs)));
  }

  /** What the words of a model's text contribute. */
  #sums(view: number): number[] {
    const map = this.store.views[view]?.frame?.map;
    const words = this.store.header(view)?.words ?? [];
    return words.map(({ tokens }) => tokens.reduce((total, place) => total + (map?.[place] ?? 0), 0));
  }

  /** The sum of what stands around the text: nothing that the method found is left out. */
  #showBeside({ beside, beside_label }: TokenHeader, value: number, map: ArrayLike<number>): void {
    const moved = beside.some((place) => (map[place] ?? 0) !== 0);
    this.#beside.hidden = beside_label === "" && !moved;
    write(this.#beside, `${beside_label === "" ? "padding" : beside_label}: ${valueWords(value, this.#ends)}`);
  }

  #write({ after, unread }: TokenHeader): void {
    while (this.#items.length < this.#texts.length) {
      const before = h("span", { class: "xai-between" });
      const text = h("span");
      const figure = h("small", { "aria-hidden": true, hidden: true });
      const item = h("span", { class: "xai-word", role: "listitem" }, text, figure);
      this.#items.push({ before, item, text, figure });
    }
    const shown = this.#items.slice(0, this.#texts.length).flatMap(({ before, item }) => [before, item]);
    shown.push(this.#after, this.#unread);
    if (this.#words.childElementCount !== shown.length) this.#words.replaceChildren(...shown);
    write(this.#after, after);
    write(this.#unread, unread);
    const color = new Float64Array(3);
    const { colormap } = this.store.appearance;
    this.#texts.forEach((word, place) => {
      const { before, item, text, figure } = this.#items[place] as Item;
      const value = this.#values[place] ?? 0;
      tint(colormap, scaled(value, this.#limit || 1, this.#sign), this.#sign, color);
      const rounded = Array.from(color, Math.round);
      item.style.background = `rgb(${rounded.join(" ")})`;
      item.style.color = inkOn(rounded);
      item.classList.toggle("xai-unknown", !word.known);
      const note = `${word.known ? "" : ", not in the vocabulary"}${this.#parts(word)}`;
      attribute(item, "aria-label", `${word.text}: ${valueWords(value, this.#ends)}${word.known ? "" : note}`);
      attribute(item, "tabindex", place === this.#current ? 0 : -1);
      item.title = `${valueWords(value, this.#ends)}${note}`;
      write(before, word.before);
      write(text, word.text);
      write(figure, number(value, 2));
      figure.hidden = !this.numbers;
    });
  }

  /** What a word is cut into, and what each piece contributes. */
  #parts({ pieces, tokens }: Word): string {
    const map = this.store.views[this.view]?.frame?.map;
    if (pieces.length === 0 || map === undefined) return "";
    const each = pieces.map((piece, place) => `${piece} ${number(map[tokens[place] ?? -1] ?? 0, 2)}`);
    return ` · ${each.join(", ")}`;
  }

  #listen(signal: AbortSignal): void {
    const placeOf = (target: EventTarget | null): number =>
      target instanceof Node ? this.#items.findIndex(({ item }) => item.contains(target)) : -1;
    const read = (place: number): void => {
      const word = this.#texts[place];
      const value = this.#values[place];
      const note = word?.known === false ? " · not in the vocabulary, the model reads “unknown”" : "";
      write(
        this.#value,
        word === undefined || value === undefined
          ? ""
          : `${word.text}: ${valueWords(value, this.#ends)}${note}${this.#parts(word)}`,
      );
      this.#legend.point(value ?? null);
    };
    on(this.#words, "pointerover", signal, ({ target }) => read(placeOf(target)));
    on(this.#words, "pointerleave", signal, () => read(-1));
    on(this.#words, "focusin", signal, ({ target }) => {
      const place = placeOf(target);
      if (place < 0) return;
      this.#current = place;
      this.#items.forEach(({ item }, other) => {
        attribute(item, "tabindex", other === place ? 0 : -1);
      });
      read(place);
    });
    on(this.#words, "focusout", signal, () => read(-1));
    on(this.#words, "keydown", signal, (event) => {
      const last = this.#texts.length - 1;
      const steps: Record<string, number> = {
        ArrowRight: this.#current + 1,
        ArrowLeft: this.#current - 1,
        Home: 0,
        End: last,
      };
      const next = steps[event.key];
      if (next === undefined) return;
      event.preventDefault();
      this.#items[within(next, 0, last)]?.item.focus();
    });
  }
}
