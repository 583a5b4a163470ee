import { attribute, h, style, write } from "../shared/dom";
import { Pane, SMALL } from "../shared/explanation/picture";
import { Drawing } from "../shared/pixels/drawing";
import type { Photo } from "../shared/pixels/photo";
import { number } from "../shared/words";
import type { Attacked, Explained } from "./attacked";
import { PairedBars } from "./bars";
import { magnified, perturbed } from "./pixels";
import type { AttackScene } from "./scene";

/** A canvas with words above it. */
class Cell {
  readonly pane = new Pane();
  readonly element: HTMLElement;
  readonly #words = h("span");
  readonly #aside = h("span", { class: "xai-aside" });
  readonly #line = h("div", { class: "xai-cell-words" }, this.#words, this.#aside);

  constructor() {
    this.element = h("div", { class: "xai-cell" }, this.#line, this.pane.element);
    attribute(this.pane.canvas, "role", "img");
  }

  say(words: string, aside = ""): void {
    write(this.#words, words);
    write(this.#aside, aside);
    const all = [words, aside].filter(Boolean).join(", ");
    this.#line.title = all;
    attribute(this.pane.canvas, "aria-label", all);
  }
}

/** One model: the picture and the attacked one, the change, both explanations, and what it answers. */
export class Column {
  readonly element: HTMLElement;
  readonly #verdict = h("b", { class: "xai-verdict" });
  readonly #detail = h("span", { class: "xai-detail" });
  readonly #cells = {
    picture: new Cell(),
    attacked: new Cell(),
    before: new Cell(),
    after: new Cell(),
    change: new Cell(),
  };
  readonly #bars = new PairedBars();
  readonly #drawings = { before: new Drawing(), after: new Drawing() };
  #attacked: { photo: Photo; below: Photo; perturbation: Float32Array } | undefined;

  constructor(
    private readonly scene: AttackScene,
    private readonly view: number,
  ) {
    const { store } = scene;
    const { picture, attacked, before, after, change } = this.#cells;
    this.element = h(
      "figure",
      { class: "xai-column" },
      h(
        "figcaption",
        {},
        h(
          "span",
          { class: "xai-model", title: store.catalogue.models[view] ?? "" },
          store.catalogue.models[view] ?? "",
        ),
        this.#verdict,
        this.#detail,
      ),
      h(
        "div",
        { class: "xai-box" },
        h(
          "div",
          { class: "xai-cells" },
          picture.element,
          attacked.element,
          change.element,
          before.element,
          after.element,
          h(
            "div",
            { class: "xai-cell xai-last" },
            h("div", { class: "xai-cell-words" }, h("span", {}, "before → after")),
            this.#bars.element,
          ),
        ),
      ),
    );
    change.element.classList.add("xai-last");
  }

  /** Lays the maps over their pictures, before they are painted, and tells where their colours end. */
  lay(): void {
    const { store, limits } = this.scene;
    const state = store.views[this.view];
    const { frame, header } = state ?? {};
    const below = header === undefined ? undefined : store.photo(header.state.index);
    if (state === undefined || frame === undefined || below === undefined) return;
    const [, , channels = 1] = frame.shape;
    if (this.#attacked?.perturbation !== frame.perturbation || this.#attacked.below !== below) {
      const photo = perturbed(below, frame.perturbation, channels, store.catalogue.width);
      this.#attacked = { photo, below, perturbation: frame.perturbation };
    }
    for (const which of ["before", "after"] as const) {
      const found = state[which];
      if (found === undefined) continue;
      const drawing = this.#drawings[which];
      drawing.lay(found.map, found.shape, which === "before" ? below : this.#attacked.photo, store.appearance);
      limits.set(`${this.view} ${which}`, drawing.own);
    }
  }

  /** Draws everything anew. */
  show(): void {
    const { store } = this.scene;
    const state = store.views[this.view];
    const { frame, header } = state ?? {};
    this.element.classList.toggle("xai-outdated", store.errors.has(this.view));
    if (state === undefined || frame === undefined || header === undefined) return;
    write(this.#verdict, frame.headline);
    write(this.#detail, frame.detail);
    this.#verdict.title = `${frame.headline}, ${frame.detail}`;
    attribute(this.element, "data-kind", frame.kind);
    this.#bars.show(frame);
    const below = store.photo(header.state.index);
    if (below === undefined) return;
    this.#paint(below, state);
  }

  #paint(below: Photo, state: Attacked): void {
    const { frame } = state;
    if (frame === undefined) return;
    const { store, comparing } = this.scene;
    const cells = this.#cells;
    const { width } = store.catalogue;
    const [, , channels = 1] = frame.shape;
    if (this.#attacked === undefined) return;
    const { photo } = this.#attacked;
    cells.picture.pane.paint(below.rgba, below.width, below.height);
    cells.picture.say(`picture: ${frame.label}`);
    const shown = comparing ? below : photo;
    cells.attacked.pane.paint(shown.rgba, below.width, below.height);
    cells.attacked.say(comparing ? `before: ${frame.label}` : `attacked: ${frame.prediction}`);
    const change = magnified(frame.perturbation, channels, frame.factor, width, store.appearance.colormap);
    cells.change.pane.paint(change, below.width, below.height);
    const measure = state.header?.state.norm === "l2" ? "length" : "largest";
    cells.change.say(`change × ${frame.factor}`, `${measure} ${number(frame.distance, 3)}`);
    this.#explain("before", state.before, frame.label, frame.maps[0] === null);
    this.#explain("after", state.after, frame.prediction, frame.maps[1] === null);
    const drawn = this.scene.curtain.kind !== "";
    const { before } = this.#drawings;
    const former =
      drawn && before.rgba.length > 0 ? { rgba: before.rgba, ...before.plane, words: "before" } : undefined;
    cells.attacked.pane.behind(drawn ? { ...below, words: "before" } : undefined);
    cells.after.pane.behind(former);
    style(this.element, { "--xai-width": below.width, "--xai-height": below.height });
    this.element.classList.toggle("xai-small", Math.max(below.width, below.height) <= SMALL);
  }

  #explain(which: "before" | "after", found: Explained | undefined, name: string, old: boolean) {
    const cell = this.#cells[which];
    const drawing = this.#drawings[which];
    if (found === undefined) {
      cell.say(`why ${name}`);
      return;
    }
    drawing.paint(this.scene.store.appearance, this.scene.limit);
    cell.pane.paint(drawing.rgba, drawing.plane.width, drawing.plane.height);
    cell.say(`why ${name}`, `± ${number(drawing.limit)}`);
    cell.element.classList.toggle("xai-old", old);
  }
}
