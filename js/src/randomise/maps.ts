import { attribute, button, h, on, style, tell, write } from "../shared/dom";
import { Legend } from "../shared/explanation/legend";
import { Pane, SMALL } from "../shared/explanation/picture";
import { type Pointing, pointAt, pointing } from "../shared/explanation/pointing";
import { Drawing } from "../shared/pixels/drawing";
import { signFor } from "../shared/pixels/sign";
import { renewals } from "../shared/signals";
import { kindOf, type RandomiseScene } from "./scene";
import { alikeWords } from "./words";

/** One method: its name in the colour of its line, its map at the depth in view, and how alike that is. */
class Tile {
  readonly element: HTMLElement;
  readonly #pane = new Pane();
  readonly #legend = new Legend();
  readonly #name: HTMLButtonElement;
  readonly #away: HTMLButtonElement;
  readonly #alike = h("b", { class: "xai-alike" });
  readonly #error = h("p", { class: "xai-reset-error", role: "alert", hidden: true });
  readonly #here = new Drawing();
  readonly #trained = new Drawing();
  readonly #point: () => void;

  constructor(
    private readonly scene: RandomiseScene & Pointing,
    private readonly place: number,
  ) {
    const { store, signal } = scene;
    const focus = (): void => store.focusCell(place);
    this.#name = button("", focus, signal, { class: "xai-reset-name" });
    this.#away = button("×", () => store.removeCell(place), signal, { class: "xai-reset-away", title: "Take it away" });
    const picture = h("div", { class: "xai-reset-picture" }, this.#pane.element, this.#away);
    this.element = h(
      "figure",
      { class: `xai-reset ${kindOf(place)}` },
      h("figcaption", {}, this.#name, this.#alike),
      picture,
      this.#error,
      this.#legend.element,
    );
    const pane = this.#pane.element;
    attribute(pane, "role", "img");
    const read = (value: number | null, words: string): void => {
      this.#pane.say(words);
      this.#legend.point(value);
    };
    this.#point = pointAt(scene, place, pane, [this.#pane], () => this.#here, read);
    on(pane, "click", signal, focus);
  }

  show(): void {
    const { store, curtain } = this.scene;
    const { frame, header } = store.views[this.place] ?? {};
    const title = header?.title ?? store.methodNamed(store.cells[this.place]?.method)?.label ?? "";
    write(this.#name, title);
    this.#name.title = `${title}: show its settings`;
    attribute(this.#name, "aria-pressed", this.place === store.question.focus);
    attribute(this.#away, "aria-label", `Take ${title} away`);
    this.#away.hidden = store.cells.length < 2;
    const words = store.errors.get(this.place) ?? "";
    tell(this.#error, words);
    this.element.classList.toggle("xai-outdated", words !== "");
    if (frame === undefined || header === undefined) return;
    const { depth } = header.state;
    const alike = alikeWords(frame.likeness[store.question.measure], depth);
    write(this.#alike, depth === 0 ? "trained" : alike);
    this.#alike.title = "How alike the map is to that of the trained network";
    const label = `${title} of ${header.quantity}, ${store.resetAt(depth)}: ${alike}. Arrow keys read its values.`;
    attribute(this.#pane.element, "aria-label", label);
    const photo = store.photo(header.state.index);
    if (photo === undefined) return;
    const { display, appearance } = store;
    const look = { ...appearance, sign: signFor(display.sign, header.ends) };
    this.#here.lay(frame.map, frame.shape, photo, look);
    this.#trained.lay(frame.trained, frame.shape, photo, look);
    // On one scale a map that fades is seen to fade; on its own it is seen whatever it has become.
    const limit = display.scale === "shared" ? this.#trained.own : this.#here.own;
    this.#here.paint(look, limit);
    const { rgba, plane } = this.#here;
    this.#pane.paint(rgba, plane.width, plane.height);
    this.#pane.canvas.classList.toggle("xai-crisp", plane.width <= SMALL);
    const drawn = curtain.kind !== "";
    if (drawn) this.#trained.paint(look);
    const then = { rgba: this.#trained.rgba, ...this.#trained.plane, words: "trained" };
    this.#pane.behind(drawn ? then : undefined);
    const under = look.layout === "blended" && !this.#here.isVector ? photo.range : undefined;
    this.#legend.show(limit, { ...look, under }, header.ends);
    style(this.element.parentElement ?? this.element, { "--ratio": plane.width / plane.height });
    this.#point();
  }
}

/** The maps of all methods beside each other. */
export function maps(scene: RandomiseScene): HTMLElement {
  const { store, signal } = scene;
  const row = h("div", { class: "xai-resets xai-shown", role: "group", "aria-label": "Maps" });
  const renewed = renewals(signal);
  let tiles: Tile[] = [];
  const show = (): void => {
    if (tiles.length !== store.views.length) {
      const own = renewed();
      const shared = { ...scene, signal: own, ...pointing(own) };
      tiles = store.views.map((_, place) => new Tile(shared, place));
      row.replaceChildren(...tiles.map(({ element }) => element));
      style(row, { "--count": tiles.length });
    }
    for (const tile of tiles) tile.show();
  };
  store.signals.follow(["frames", "display", "question"], show, signal);
  return row;
}
