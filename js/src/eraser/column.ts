import { attribute, button, h, tell, write } from "../shared/dom";
import { Pane, SMALL } from "../shared/explanation/picture";
import { pointAt } from "../shared/explanation/pointing";
import { Drawing } from "../shared/pixels/drawing";
import type { Photo } from "../shared/pixels/photo";
import { signFor } from "../shared/pixels/sign";
import { number, percent, score } from "../shared/words";
import type { EraserFrame } from "./erased";
import { left } from "./pixels";
import { kindOf, type MapsScene } from "./scene";

/** One map: its name, what is left of the answer, what is left of the picture, and the map itself. */
export class Column {
  readonly element: HTMLElement;
  readonly #name: HTMLButtonElement;
  readonly #away: HTMLButtonElement;
  readonly #value = h("b");
  readonly #area = h("span");
  readonly #error = h("p", { class: "xai-remain-error", role: "alert", hidden: true });
  readonly #erased = new Pane();
  readonly #map = new Pane();
  readonly #panes: HTMLElement;
  readonly #point: () => void;
  readonly #drawing = new Drawing();
  #shown: readonly unknown[] = [];

  constructor(
    private readonly scene: MapsScene,
    private readonly view: number,
  ) {
    const { store, signal } = scene;
    this.#name = button("", () => store.focusCell(view), signal, { class: "xai-remain-name" });
    this.#away = button("×", () => store.removeCell(view), signal, { class: "xai-remain-away", title: "Take it away" });
    this.#panes = h("div", { class: "xai-remain-panes", role: "group" }, this.#erased.element, this.#map.element);
    this.element = h(
      "figure",
      { class: "xai-remain" },
      h("figcaption", {}, this.#name, this.#away, h("div", { class: "xai-remain-said" }, this.#value, this.#area)),
      this.#panes,
      this.#error,
    );
    for (const { canvas } of [this.#erased, this.#map]) attribute(canvas, "role", "img");
    const read = (value: number | null, words: string): void => {
      const { frame } = store.views[view] ?? {};
      const area = typeof frame?.area === "number" ? `area ${score(frame.area)}` : "";
      tell(this.#area, value === null ? area : number(value));
      this.#area.title = words;
    };
    this.#point = pointAt(scene, view, this.#panes, [this.#map, this.#erased], () => this.#drawing, read);
  }

  show(): void {
    const { store } = this.scene;
    const { question } = store;
    const state = store.views[this.view];
    const { frame, header } = state ?? {};
    const asked = store.cells[this.view];
    const control = header === undefined ? asked === undefined : header.control !== "";
    const title = header?.title ?? store.methodNamed(asked?.method)?.label ?? "";
    write(this.#name, title);
    this.#name.title = control ? "It asks no network: what a method is compared with." : `${title}: show its settings`;
    this.#name.disabled = control;
    attribute(this.#name, "aria-pressed", !control && store.cells.length > 1 && this.view === question.focus);
    this.#away.hidden = control || store.cells.length < 2;
    attribute(this.#away, "aria-label", `Take ${title} away`);
    this.element.className = `xai-remain ${kindOf(store, this.view)}`;
    this.element.classList.toggle("xai-outdated", store.errors.has(this.view));
    tell(this.#error, store.errors.get(this.view) ?? "");
    if (state === undefined || frame === undefined || header === undefined) return;
    const here = state.at(question.share);
    const said = (value: number): string => (frame.measured === "probability" ? percent(value) : score(value));
    write(this.#value, here === undefined ? "…" : said(here.y));
    const below = store.photo(header.state.index);
    const fill = store.filling(header.state.index, header.fill);
    if (below !== undefined && fill !== undefined) this.#paint(below, fill, frame, title);
  }

  #paint(below: Photo, fill: Photo, frame: EraserFrame, title: string): void {
    const { store } = this.scene;
    const { header } = store.views[this.view] ?? {};
    const { share, way } = store.question;
    const shown = [below, fill, frame.order, frame.map, share, way, store.display, header?.outline];
    if (shown.every((part, place) => part === this.#shown[place])) return;
    this.#shown = shown;
    this.#erased.paint(left(below, fill, frame, share, way), below.width, below.height);
    const look = { ...store.appearance, sign: signFor(store.display.sign, header?.ends ?? ["", ""]) };
    this.#drawing.draw(frame.map, frame.shape, below, look);
    const { rgba, plane } = this.#drawing;
    this.#map.paint(rgba, plane.width, plane.height);
    for (const pane of [this.#erased, this.#map]) pane.outline(header?.outline);
    const done = way === "erase" ? "erased" : "revealed";
    attribute(this.#erased.canvas, "aria-label", `The picture, ${percent(share)} ${done} in the order of ${title}`);
    attribute(this.#map.canvas, "aria-label", `The map of ${title}`);
    attribute(this.#panes, "aria-label", `${title}. Arrow keys read the values of its map.`);
    this.element.classList.toggle("xai-small", Math.max(below.width, below.height) <= SMALL);
    this.#point();
  }
}
