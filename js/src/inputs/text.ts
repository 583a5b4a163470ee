import { attribute, h, on, uniqueId, write } from "../shared/dom";
import { valueWords } from "../shared/explanation/value_words";
import { tint } from "../shared/pixels/colormap";
import { inkOn } from "../shared/pixels/ink";
import { scaled } from "../shared/pixels/sign";
import { number } from "../shared/words";
import type { Sheet } from "./scale";
import type { InputsStore } from "./store";

interface Item {
  readonly before: HTMLElement;
  readonly word: HTMLButtonElement;
  readonly text: HTMLElement;
  readonly figure: HTMLElement;
}

/** A text among the inputs: it is typed, and each of its words can be left out by a click. */
export class TextPanel {
  readonly element: HTMLElement;
  readonly #field: HTMLInputElement;
  readonly #words = h("p", { class: "xai-part-words" });
  readonly #after = h("span");
  readonly #unread = h("s", { class: "xai-quiet", title: "Not read: the model has no room for it" });
  readonly #beside = h("p", { class: "xai-quiet", hidden: true });
  readonly #items: Item[] = [];

  constructor(
    private readonly store: InputsStore,
    private readonly part: number,
    edits: boolean,
    private readonly signal: AbortSignal,
  ) {
    const { name = "", can_type: types = false } = store.parts[part] ?? {};
    const id = uniqueId("typed");
    this.#field = h("input", { type: "text", id, spellcheck: "false", autocomplete: "off", readonly: !types });
    const label = h("label", { for: id, class: "xai-spoken" }, name);
    const typing = h("div", { class: "xai-part-typing" }, label, this.#field);
    // Side by side the words of all models stand level.
    if (!edits) typing.style.visibility = "hidden";
    this.element = h("div", { class: "xai-part-text" }, typing, this.#words, this.#beside);
    on(this.#field, "input", signal, () => store.type(part, this.#field.value));
    on(this.#field, "change", signal, () => store.settle());
  }

  show({ parts, look, limit, ends }: Sheet): void {
    const { said, map } = parts[this.part] ?? {};
    if (map === undefined || !said?.text) return;
    const { words, after, unread, beside_label: around } = said.text;
    const text = this.store.text(this.part);
    if (document.activeElement !== this.#field && this.#field.value !== text) this.#field.value = text;
    while (this.#items.length < words.length) this.#items.push(this.#item(this.#items.length));
    const shown = this.#items.slice(0, words.length).flatMap(({ before, word }) => [before, word]);
    if (this.#words.childElementCount !== shown.length + 2)
      this.#words.replaceChildren(...shown, this.#after, this.#unread);
    write(this.#after, after);
    write(this.#unread, unread);
    const color = new Float64Array(3);
    words.forEach(({ text: written, before, known, struck }, place) => {
      const item = this.#items[place] as Item;
      const value = map[place] ?? 0;
      tint(look.colormap, scaled(value, limit || 1, look.sign), look.sign, color);
      const rounded = Array.from(color, Math.round);
      item.word.style.background = struck ? "" : `rgb(${rounded.join(" ")})`;
      item.word.style.color = struck ? "" : inkOn(rounded);
      item.word.classList.toggle("xai-strange", !known);
      attribute(item.word, "aria-pressed", struck);
      const words = struck ? "left out" : `${valueWords(value, ends)}${known ? "" : ", not in the vocabulary"}`;
      attribute(item.word, "aria-label", `${written}: ${words}`);
      item.word.title = struck ? "Left out: click to take it in again" : `${words}. Click to leave it out.`;
      write(item.before, before);
      write(item.text, written);
      write(item.figure, struck ? "out" : number(value));
    });
    this.#beside.hidden = around === "";
    write(this.#beside, around);
  }

  #item(place: number): Item {
    const text = h("span");
    const figure = h("small", { "aria-hidden": true });
    const word = h("button", { type: "button", class: "xai-part-word" }, text, figure);
    on(word, "click", this.signal, () => this.store.strike(this.part, place));
    return { before: h("span"), word, text, figure };
  }
}
