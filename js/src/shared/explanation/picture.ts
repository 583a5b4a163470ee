import { attribute, h, style, tell, write } from "../dom";
import type { Drawing } from "../pixels/drawing";
import type { Place } from "../pixels/stroke";
import type { MethodEntry, Runs } from "../protocol";
import { Bars, predictionValue } from "./bars";
import { shortNames } from "./classes_shown";
import type { Behind } from "./curtain";
import type { Sheet } from "./easel";
import { Legend } from "./legend";
import { Outline } from "./outline";
import { pointAt } from "./pointing";
import type { Scene } from "./scene";
import { showPixels } from "./show_pixels";
import { Table } from "./table";

/** Pictures of at most this many pixels across are magnified without blurring them. */
export const SMALL = 96;
/** Those of so few are magnified in whole steps: there uneven pixels are seen. */
const TINY = 40;
/** Pictures this much higher than wide have what is said of them at their side, those as much wider below them. */
const TALL = 1.6;

/** Tells the style sheet how a figure's picture is shaped. */
export function shape(figure: HTMLElement, width: number, height: number): void {
  figure.classList.toggle("xai-small", Math.max(width, height) <= SMALL);
  figure.classList.toggle("xai-tiny", Math.max(width, height) <= TINY);
  figure.classList.toggle("xai-tall", height > TALL * width);
  figure.classList.toggle("xai-wide", width > TALL * height);
}

/** A canvas that shows pixels, the lines that cross at the pointer, and what is read there. */
export class Pane {
  readonly canvas = h("canvas", { width: 1, height: 1 });
  readonly element: HTMLElement;
  readonly #across = h("i", { class: "xai-across", hidden: true });
  readonly #words = h("span", { class: "xai-read", "aria-hidden": true, hidden: true });
  readonly #lines = new Outline();
  #back: HTMLElement | undefined;

  constructor() {
    this.element = h("div", { class: "xai-pane" }, this.canvas, this.#lines.element, this.#across, this.#words);
  }

  /** Draws the border of a segment over the pixels; null takes it away. */
  outline(runs: Runs | null | undefined): void {
    this.#lines.show(runs);
  }

  paint(rgba: Uint8ClampedArray<ArrayBuffer>, width: number, height: number): void {
    showPixels(this.canvas, rgba, width, height);
  }

  /** Lays what it is compared with over the left part, as far as the curtain is drawn; nothing takes that away. */
  behind(found: Behind | undefined): void {
    if (found === undefined) {
      this.#back?.remove();
      this.#back = undefined;
      return;
    }
    const { rgba, width, height, words } = found;
    const canvas = this.#back?.querySelector("canvas") ?? h("canvas");
    this.#back ??= h("div", { class: "xai-behind" }, canvas);
    this.#back.dataset.words = words;
    canvas.classList.toggle("xai-crisp", width <= SMALL);
    showPixels(canvas, rgba, width, height);
    if (!this.#back.isConnected) this.canvas.after(this.#back);
  }

  /** Where on it a pointer is, in shares of its width and height. */
  shareOf({ clientX, clientY }: PointerEvent): Place {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return { x: (clientX - left) / width, y: (clientY - top) / height };
  }

  /** Lets lines cross at a pixel; null takes them away. */
  mark(point: Place | null): void {
    const { width, height } = this.canvas;
    const inside = point !== null && point.x < width && point.y < height;
    this.#across.hidden = !inside;
    if (inside) style(this.element, { "--row": (point.y + 0.5) / height, "--column": (point.x + 0.5) / width });
  }

  /** Says something at the edge that is farther from where they cross. */
  say(words: string): void {
    tell(this.#words, words);
  }
}

/** One model: its name, its picture with the map, and its top classes. */
export class Picture {
  readonly element: HTMLElement;
  readonly #figure: HTMLElement;
  readonly #map = new Pane();
  readonly #photo = new Pane();
  readonly #panes: HTMLElement;
  readonly #table: Table;
  readonly #legend = new Legend();
  readonly #aside = h("span", { class: "xai-aside" });
  readonly #names: readonly string[];
  #sheet: Sheet | undefined;
  #painted: Sheet | undefined;
  readonly #point: () => void;

  constructor(
    private readonly scene: Scene,
    private readonly view: number,
    private readonly bars = new Bars(scene.store, view),
  ) {
    const { store, signal } = scene;
    const name = store.catalogue.models[view] ?? "";
    this.#names = shortNames(store.catalogue.classes);
    this.#table = new Table(scene, view);
    this.#panes = h("div", { class: "xai-panes", role: "img" }, this.#photo.element, this.#map.element);
    this.#figure = h(
      "figure",
      { class: "xai-picture" },
      h("figcaption", {}, h("b", { title: name }, name), this.#aside),
      this.#panes,
      this.#table.element,
      this.#legend.element,
      this.bars.element,
    );
    this.element = h("div", { class: "xai-slot" }, this.#figure);
    const drawing = (): Drawing | undefined => this.#sheet?.drawing;
    const tell = (value: number | null, words: string): void => {
      this.#legend.point(value);
      const top = store.views[view]?.header?.predictions[0];
      const says = top === undefined ? "" : `says ${this.#names[top.index] ?? top.name}: ${predictionValue(top)}`;
      this.#aside.title = words || says;
      write(this.#aside, words || says);
    };
    this.#point = pointAt(scene, view, this.#panes, [this.#map, this.#photo], drawing, tell);
    store.signals.follow(["frames", "display"], () => this.#show(), signal);
  }

  /** The method of the map that is shown. */
  get #method(): MethodEntry | undefined {
    const { store } = this.scene;
    return store.methodNamed(store.views[this.view]?.header?.state.method);
  }

  /** Draws what changed beside the frames. */
  refresh(): void {
    this.#show();
  }

  #show(): void {
    const { store, easel } = this.scene;
    this.#sheet = easel.sheet(this.view);
    this.element.classList.toggle("xai-outdated", store.errors.has(this.view));
    const { header } = store.views[this.view] ?? {};
    if (header !== undefined) {
      this.bars.show(header);
      attribute(this.#panes, "aria-label", this.#describe(header.quantity));
    }
    if (this.#sheet !== undefined && this.#sheet !== this.#painted) {
      this.#paint(this.#sheet);
      this.#legend.show(this.#sheet.limit, this.#sheet.scale, this.#sheet.ends);
    }
    for (const pane of [this.#map, this.#photo]) pane.outline(header?.outline);
    this.#map.behind(this.scene.behind?.(this.view));
    this.#table.replace(this.#panes, this.#sheet);
    this.#point();
  }

  #describe(quantity: string): string {
    const { store } = this.scene;
    const model = store.catalogue.models[this.view];
    return `${model ? `${model}: ` : ""}${this.#method?.label ?? "Map"} of ${quantity}. Arrow keys read its values.`;
  }

  #paint(sheet: Sheet): void {
    const { drawing, photo } = sheet;
    const { width, height } = drawing.plane;
    const beside = photo !== undefined && this.scene.store.display.layout === "beside";
    this.#photo.element.hidden = !beside;
    if (beside && (this.#painted?.photo !== photo || this.#photo.canvas.width !== width)) {
      this.#photo.paint(photo.rgba, width, height);
    }
    this.#map.paint(drawing.rgba, width, height);
    style(this.element, { "--xai-columns": beside ? 2 : 1, "--xai-width": width, "--xai-height": height });
    shape(this.#figure, width, height);
    this.#painted = sheet;
  }
}
