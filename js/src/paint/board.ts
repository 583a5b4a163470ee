import { attribute, h, on, style, write } from "../shared/dom";
import { Pane, shape } from "../shared/explanation/picture";
import { claim, isModified } from "../shared/keys";
import type { Photo } from "../shared/pixels/photo";
import { mark, type Place, stepped, widest } from "../shared/pixels/stroke";
import { atEnd } from "../shared/signals";
import { within } from "../shared/within";
import type { PaintEasel } from "./easel";
import { type Handle, handleAt, Overlay, pulled } from "./overlay";
import type { Ellipse } from "./pixels/ellipse";
import { cover, emptyLayer, type Layer, uncover } from "./pixels/layer";
import type { PaintStore } from "./store";
import type { Tool } from "./tool";

const DIRECTIONS: Record<string, Place> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

const HELP: Record<Tool["name"], string> = {
  brush: "Arrow keys move the brush, space paints, brackets change its size.",
  eraser: "Arrow keys move the eraser, space takes paint off, brackets change its size.",
  pick: "Arrow keys move, space picks the colour of the pixel.",
  background: "Arrow keys move the ellipse, with shift they change its size.",
};

/** A stroke on its way. */
interface Stroke {
  readonly below: Layer;
  readonly mask: Uint8Array;
  last: Place;
}

/** The picture that one paints on. */
export class Board {
  readonly element: HTMLElement;
  readonly #pane = new Pane();
  readonly #overlay: Overlay;
  readonly #figure: HTMLElement;
  readonly #surface: HTMLElement;
  readonly #name = h("b");
  readonly #aside = h("span", { class: "xai-aside" });
  readonly #width: number;
  readonly #height: number;
  #shown: Photo | undefined;
  #stroke: Stroke | undefined;
  #pull: { handle: Handle; from: Ellipse; at: Place } | undefined;
  /** Where the pointer is, or the keys have moved to. */
  #at: Place | null = null;
  /** Whether the key is held that shows the picture as it was given. */
  #looking = false;

  constructor(
    private readonly store: PaintStore,
    private readonly easel: PaintEasel,
    private readonly signal: AbortSignal,
  ) {
    const { width, height } = store.picture;
    this.#width = width;
    this.#height = height;
    this.#overlay = new Overlay(width, height);
    this.#surface = h(
      "div",
      { class: "xai-panes xai-surface", role: "application", tabindex: 0, "aria-roledescription": "painting" },
      this.#pane.element,
    );
    this.#pane.element.append(this.#overlay.element);
    this.#figure = h("figure", { class: "xai-picture" }, h("figcaption", {}, this.#name, this.#aside), this.#surface);
    shape(this.#figure, width, height);
    this.element = h("div", { class: "xai-slot xai-board" }, this.#figure);
    style(this.element, { "--xai-columns": 1, "--xai-width": width, "--xai-height": height });
    this.#listen();
    for (const topic of ["question", "frames"] as const) store.signals.on(topic, () => this.#show(), signal);
    for (const topic of ["paint", "tool"] as const) store.changes.on(topic, () => this.#show(), signal);
    // A view may end in the middle of a stroke.
    atEnd(signal, () => this.#lift());
    this.#show();
  }

  /** Puts something below the picture. */
  take(element: HTMLElement): void {
    this.#figure.append(element);
  }

  #show(): void {
    const { store } = this;
    const [width, height] = [this.#width, this.#height];
    const { tool, bare } = store;
    const photo = this.easel.photo(store.index);
    if (photo !== undefined && photo !== this.#shown) {
      this.#pane.paint(photo.rgba, width, height);
      this.#shown = photo;
    }
    const painted = store.paints.isPainted(store.index);
    write(this.#name, store.catalogue.pictures.length > 1 ? store.picture.label : "Picture");
    write(this.#aside, bare ? "as it was given" : painted ? "painted" : "paint here");
    this.#figure.classList.toggle("xai-bare", bare);
    this.#surface.dataset.tool = tool.name;
    attribute(
      this.#surface,
      "aria-label",
      `Picture to paint on. ${HELP[tool.name]} O shows the picture as it was given.`,
    );
    this.#overlay.showEllipse(tool.name === "background" && !bare ? tool.ellipse : null);
    const draws = tool.name === "brush" || tool.name === "eraser";
    this.#overlay.showBrush(bare || tool.name === "background" ? null : this.#at, draws ? tool.size : 1);
  }

  #placeOf(event: PointerEvent): Place {
    const { x, y } = this.#pane.shareOf(event);
    return { x: x * this.#width, y: y * this.#height };
  }

  #listen(): void {
    const { signal } = this;
    const surface = this.#surface;
    on(surface, "pointerdown", signal, (event) => {
      if (event.button !== 0 || !event.isPrimary) return;
      surface.setPointerCapture(event.pointerId);
      surface.focus({ preventScroll: true });
      event.preventDefault();
      this.#press(this.#placeOf(event), event.altKey);
    });
    on(surface, "pointermove", signal, (event) => {
      if (!event.isPrimary) return;
      const passed = event.getCoalescedEvents?.() ?? [];
      for (const one of passed.length > 0 ? passed : [event]) this.#move(this.#placeOf(one));
      this.#show();
    });
    on(surface, ["pointerup", "pointercancel", "lostpointercapture"], signal, () => this.#lift());
    on(surface, "pointerleave", signal, () => {
      if (this.#stroke === undefined) this.#point(null);
    });
    on(surface, "blur", signal, () => {
      this.#lift();
      this.#look(false);
      this.#point(null);
    });
    on(surface, "keydown", signal, (event) => this.#key(event));
    on(surface, "keyup", signal, (event) => {
      if (event.key === " ") this.#lift();
      if (event.key.toLowerCase() === "o") this.#look(false);
    });
  }

  #point(at: Place | null): void {
    this.#at = at;
    this.#show();
  }

  #press(at: Place, picks: boolean): void {
    const { store } = this;
    const { tool } = store;
    this.#at = at;
    if (picks || tool.name === "pick") this.#pick(at);
    else if (tool.name === "background") {
      const handle = handleAt(tool.ellipse, this.#width, this.#height, at);
      if (handle !== undefined) this.#pull = { handle, from: tool.ellipse, at };
    } else {
      this.#stroke = { below: store.begin(), mask: new Uint8Array(this.#width * this.#height), last: at };
      this.#draw(at);
    }
    this.#show();
  }

  #move(at: Place): void {
    this.#at = at;
    if (this.#stroke !== undefined) this.#draw(at);
    else if (this.#pull !== undefined) {
      const { handle, from, at: start } = this.#pull;
      const ellipse = pulled(from, handle, at.x - start.x, at.y - start.y, this.#width, this.#height);
      this.store.take({ ellipse });
    }
  }

  #draw(to: Place): void {
    const { store } = this;
    const stroke = this.#stroke;
    if (stroke === undefined) return;
    const { name, size, color, opacity } = store.tool;
    mark(stroke.mask, this.#width, this.#height, stroke.last, to, size / 2);
    stroke.last = to;
    const layer = emptyLayer(this.#width, this.#height);
    if (name === "eraser") uncover(layer, stroke.below, stroke.mask);
    else cover(layer, stroke.below, stroke.mask, color, opacity);
    store.put(layer);
  }

  #lift(): void {
    this.#pull = undefined;
    if (this.#stroke === undefined) return;
    this.#stroke = undefined;
    this.store.end();
  }

  #pick({ x, y }: Place): void {
    const photo = this.easel.photo(this.store.index);
    if (photo === undefined || x < 0 || y < 0 || x >= this.#width || y >= this.#height) return;
    const pixel = 4 * (Math.floor(y) * this.#width + Math.floor(x));
    const [red = 0, green = 0, blue = 0] = photo.rgba.subarray(pixel, pixel + 3);
    this.store.take({ color: [red, green, blue], name: "brush" });
  }

  #key(event: KeyboardEvent): void {
    const { store } = this;
    if (isModified(event)) return;
    const direction = DIRECTIONS[event.key];
    if (direction !== undefined) this.#step(direction, event.shiftKey);
    else if (event.key === " " && !event.repeat) this.#press(this.#at ?? this.#middle, false);
    else if (event.key === "[" || event.key === "]") {
      store.take({ size: stepped(store.tool.size, event.key === "[" ? -1 : 1, widest(this.#width, this.#height)) });
    } else if (event.key.toLowerCase() === "o") this.#look(true);
    else if (event.key !== " ") return;
    claim(event);
  }

  /** Looks at the picture as it was given for as long as the key is held. */
  #look(held: boolean): void {
    if (held !== this.#looking) this.store.look(held);
    this.#looking = held;
  }

  get #middle(): Place {
    return { x: Math.floor(this.#width / 2) + 0.5, y: Math.floor(this.#height / 2) + 0.5 };
  }

  #step({ x, y }: Place, shift: boolean): void {
    const { store } = this;
    const [width, height] = [this.#width, this.#height];
    const stride = Math.max(1, Math.round(Math.max(width, height) / 64));
    if (store.tool.name === "background") {
      const { ellipse } = store.tool;
      const moved = shift
        ? pulled(pulled(ellipse, "right", x * stride, 0, width, height), "top", 0, y * stride, width, height)
        : pulled(ellipse, "whole", x * stride, y * stride, width, height);
      store.take({ ellipse: moved });
      return;
    }
    const far = shift ? Math.round(Math.max(width, height) / 8) : stride;
    const from = this.#at ?? this.#middle;
    const to = {
      x: within(from.x + x * far, 0.5, width - 0.5),
      y: within(from.y + y * far, 0.5, height - 0.5),
    };
    this.#at = to;
    if (this.#stroke !== undefined) this.#draw(to);
    this.#show();
  }
}
