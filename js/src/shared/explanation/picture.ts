import { attribute, h, on, style, write } from "../dom";
import { ARROWS, claim } from "../keys";
import type { Place } from "../pixels/stroke";
import type { MethodEntry, Runs } from "../protocol";
import { within } from "../within";
import { number } from "../words";
import { Bars, predictionValue } from "./bars";
import { shortNames } from "./classes_shown";
import type { Behind } from "./curtain";
import type { Sheet } from "./easel";
import { Legend } from "./legend";
import { Outline } from "./outline";
import type { Scene } from "./scene";
import { showPixels } from "./show_pixels";
import { isTable, Table } from "./table";
import { lookAt } from "./zoom";

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

/** A canvas that shows pixels, and the lines that cross at the pointer. */
export class Pane {
  readonly canvas = h("canvas", { width: 1, height: 1 });
  readonly element: HTMLElement;
  readonly #across = h("i", { class: "xai-across", hidden: true });
  readonly #down = h("i", { class: "xai-down", hidden: true });
  readonly #lines = new Outline();
  #back: HTMLElement | undefined;

  constructor() {
    this.element = h("div", { class: "xai-pane" }, this.canvas, this.#lines.element, this.#across, this.#down);
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

  mark(point: { x: number; y: number } | null): void {
    const { width, height } = this.canvas;
    const inside = point !== null && point.x < width && point.y < height;
    this.#across.hidden = !inside;
    this.#down.hidden = !inside;
    if (!inside) return;
    style(this.#across, { "--at": (point.y + 0.5) / height });
    style(this.#down, { "--at": (point.x + 0.5) / width });
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
  readonly #spoken = h("span", { class: "xai-spoken", role: "status" });
  readonly #names: readonly string[];
  #sheet: Sheet | undefined;
  #painted: Sheet | undefined;

  constructor(
    private readonly scene: Scene,
    private readonly view: number,
    private readonly bars = new Bars(scene.store, view),
  ) {
    const { store, signal } = scene;
    const name = store.catalogue.models[view] ?? "";
    this.#names = shortNames(store.catalogue.classes);
    this.#table = new Table(scene, view);
    this.#panes = h("div", { class: "xai-panes", role: "img", tabindex: 0 }, this.#photo.element, this.#map.element);
    this.#figure = h(
      "figure",
      { class: "xai-picture" },
      h("figcaption", {}, h("b", { title: name }, name), this.#aside),
      this.#panes,
      this.#table.element,
      this.#legend.element,
      this.bars.element,
      this.#spoken,
    );
    this.element = h("div", { class: "xai-slot" }, this.#figure);
    this.#listen();
    store.signals.follow(["frames", "display"], () => this.#show(), signal);
    scene.onPointed(() => this.#point());
  }

  /** The value under the pointer; null where there is none. */
  get #value(): number | null {
    const { pointer } = this.scene;
    const { plane, count } = this.#sheet?.drawing ?? {};
    if (pointer === null || plane === undefined || pointer.x >= plane.width || pointer.y >= plane.height) return null;
    const place = pointer.y * plane.width + pointer.x;
    return place < (count ?? 0) ? (plane.values[place] ?? null) : null;
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
    const table = isTable(this.scene, store.views[this.view]?.frame);
    this.#panes.hidden = table;
    this.#table.element.hidden = !table;
    this.#figure.classList.toggle("xai-of-table", table);
    if (table && this.#sheet !== undefined) this.#table.show(this.#sheet);
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

  #point(): void {
    const { pointer, store } = this.scene;
    this.#map.mark(pointer);
    this.#photo.mark(pointer);
    const value = this.#value;
    this.#legend.point(value, this.#sheet?.limit || 1, this.#sheet?.look.sign ?? store.display.sign);
    const top = store.views[this.view]?.header?.predictions[0];
    if (pointer !== null && value !== null) write(this.#aside, `${this.#place(pointer)}: ${number(value)}`);
    else
      write(
        this.#aside,
        top === undefined ? "" : `says ${this.#names[top.index] ?? top.name}: ${predictionValue(top)}`,
      );
    this.#aside.title = this.#aside.textContent ?? "";
  }

  #place({ x, y }: { x: number; y: number }): string {
    const { isVector = false, plane } = this.#sheet?.drawing ?? {};
    return isVector ? `unit ${y * (plane?.width ?? 0) + x}` : `row ${y}, column ${x}`;
  }

  #listen(): void {
    const { scene } = this;
    const { signal } = scene;
    const panes = this.#panes;
    const point = (event: PointerEvent): void => {
      const pane = [this.#map, this.#photo].find(({ canvas }) => canvas === event.target);
      if (pane === undefined) return;
      const { width, height } = pane.canvas;
      const at = pane.shareOf(event);
      const { view } = this;
      scene.pointer = {
        x: within(Math.floor(at.x * width), 0, width - 1),
        y: within(Math.floor(at.y * height), 0, height - 1),
        view,
      };
      scene.pointed();
    };
    on(panes, ["pointermove", "pointerdown"], signal, point);
    const leave = (): void => {
      scene.pointer = null;
      scene.pointed();
    };
    // A finger leaves with each tap: what it pointed at stays until the picture loses the focus.
    on(panes, "pointerleave", signal, ({ pointerType }) => pointerType !== "touch" && leave());
    on(panes, "blur", signal, leave);
    on(panes, "keydown", signal, (event) => this.#key(event, leave));
  }

  #key(event: KeyboardEvent, leave: () => void): void {
    const step = ARROWS[event.key];
    if (event.key === "Escape" && this.scene.pointer !== null) {
      event.preventDefault();
      leave();
    }
    if (step === undefined) return;
    claim(event);
    const { width, height } = this.#map.canvas;
    // Large pictures would take hundreds of key presses.
    const stride = Math.max(1, Math.round(Math.max(width, height) / (event.shiftKey ? 10 : 100)));
    const from = this.scene.pointer ?? { x: width >> 1, y: height >> 1 };
    this.scene.pointer = {
      x: within(from.x + step[0] * stride, 0, width - 1),
      y: within(from.y + step[1] * stride, 0, height - 1),
      view: this.view,
    };
    const { x, y } = this.scene.pointer;
    lookAt(this.#panes, { x: (x + 0.5) / width, y: (y + 0.5) / height });
    this.scene.pointed();
    // The mouse reads values by the dozen; keys ask for one.
    write(this.#spoken, this.#aside.textContent ?? "");
  }
}
