import { h, write } from "../dom";
import { ARROWS } from "../keys";
import { number } from "../words";
import type { LiveScene } from "./scene";

const MOST = 16;
/** From here on each pixel of a picture is seen as one. */
const PIXELS = 4;
/** So far one key press moves, as a share of what is in view. */
const STRIDE = 0.25;
/** A pointer that went so far between down and up has dragged, and clicked on nothing. */
const DRAGGED = 4;

/** A picture tells with this event which place of it is to be in view. */
const LOOK = "xai-look";

/** Shares of the width and the height of a picture. */
interface Place {
  readonly x: number;
  readonly y: number;
}

/** Has a place of a picture in view, wherever that is zoomed. */
export function lookAt(picture: HTMLElement, detail: Place): void {
  picture.dispatchEvent(new CustomEvent(LOOK, { bubbles: true, detail }));
}

/** The middle of one finger or two, and how far these are apart. */
function span(fingers: ReadonlyMap<number, Place>): Place & { readonly apart: number } {
  const [a = { x: 0, y: 0 }, b = a] = fingers.values();
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, apart: Math.hypot(a.x - b.x, a.y - b.y) || 1 };
}

/** The picture that an event is about. */
function paneOf({ target }: Event): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>(".xai-pane") : null;
}

/** The same, unless it is one that is worked on: that needs fingers and clicks for itself. */
function lookedAt(event: Event): HTMLElement | null {
  const pane = paneOf(event);
  return pane?.closest("[role=application]") ? null : pane;
}

/**
 * Which part of the pictures is in view, the same of all on one stage. What lies in a pane follows by the style sheet, so
 * that a place is found under the pointer as it always is: by the box of the canvas.
 */
export class Zoom {
  private readonly words = h("span");
  /** How much it is, and the way back, over a corner of the first picture. */
  private readonly sign: HTMLElement;
  private scale = 1;
  /** Where what is in view begins, as shares of the picture. */
  private from: Place = { x: 0, y: 0 };
  /** Those that are down, in pixels of the page. */
  private readonly fingers = new Map<number, Place>();
  private travelled = 0;

  constructor(
    private readonly root: HTMLElement,
    private readonly stage: HTMLElement,
    { store, signal }: LiveScene,
  ) {
    const fit = h("button", { type: "button", title: "The whole picture (0)" }, "Fit");
    this.sign = h("div", { class: "xai-zoom", hidden: true }, this.words, fit);
    stage.append(this.sign);
    fit.addEventListener("click", () => this.fit(), { signal });
    this.listen(signal);
    const resized = new ResizeObserver(() => this.place());
    resized.observe(stage);
    signal.addEventListener("abort", () => resized.disconnect(), { once: true });
    // Other pictures may have taken the place of those there were.
    store.signals.on("frames", () => this.place(), signal);
  }

  /** Zooms by a factor about a place on the screen, or the middle; says whether there is a picture at all. */
  by(factor: number, pane = this.first, at?: Place): boolean {
    if (pane === undefined) return false;
    const { left, top, width, height } = pane.getBoundingClientRect();
    const scale = Math.min(Math.max(this.scale * factor, 1), MOST);
    const freed = 1 / this.scale - 1 / scale;
    const { x, y } = at === undefined ? { x: 0.5, y: 0.5 } : { x: (at.x - left) / width, y: (at.y - top) / height };
    this.show(scale, this.from.x + x * freed, this.from.y + y * freed);
    return true;
  }

  /** Has the whole picture in view; says whether it was not. */
  fit(): boolean {
    const zoomed = this.scale > 1;
    this.show(1, 0, 0);
    return zoomed;
  }

  /** Moves by shares of what is in view. */
  private move(x: number, y: number): void {
    this.show(this.scale, this.from.x + x / this.scale, this.from.y + y / this.scale);
  }

  /** The first picture that is to be seen. */
  private get first(): HTMLElement | undefined {
    return [...this.stage.querySelectorAll<HTMLElement>(".xai-pane")].find(({ offsetWidth }) => offsetWidth > 0);
  }

  private show(scale: number, x: number, y: number): void {
    const within = (start: number): number => Math.min(Math.max(start, 0), 1 - 1 / scale);
    this.scale = scale;
    this.from = { x: within(x), y: within(y) };
    const { style, classList } = this.stage;
    style.setProperty("--xai-zoom", String(scale));
    style.setProperty("--xai-from-x", String(this.from.x));
    style.setProperty("--xai-from-y", String(this.from.y));
    classList.toggle("xai-zoomed", scale > 1);
    classList.toggle("xai-pixels", scale >= PIXELS);
    write(this.words, `${number(scale, 2)}×`);
    this.place();
  }

  /** Puts the sign into the corner of the first picture, wherever that is by now. */
  private place(): void {
    const pane = this.scale > 1 ? this.first : undefined;
    this.sign.hidden = pane === undefined;
    if (pane === undefined) return;
    const [box, stage] = [pane.getBoundingClientRect(), this.stage.getBoundingClientRect()];
    this.sign.style.left = `${box.left - stage.left}px`;
    this.sign.style.top = `${box.bottom - stage.top}px`;
  }

  private listen(signal: AbortSignal): void {
    const { root, stage, fingers } = this;
    const on = <K extends keyof HTMLElementEventMap>(
      type: K,
      listener: (event: HTMLElementEventMap[K]) => void,
      how: AddEventListenerOptions = {},
    ): void => stage.addEventListener(type, listener, { signal, ...how });
    on("wheel", (event) => this.wheel(event), { passive: false });
    on("pointerdown", (event) => {
      const { pointerType, pointerId, defaultPrevented, target, clientX, clientY } = event;
      const mouse = pointerType === "mouse";
      const pane = mouse ? paneOf(event) : lookedAt(event);
      if (pane === null || defaultPrevented || (mouse && this.scale === 1)) return;
      if (fingers.size === 0) this.travelled = 0;
      fingers.set(pointerId, { x: clientX, y: clientY });
      if (mouse) (target as Element).setPointerCapture(pointerId);
    });
    // Before the pictures say what is under the pointer.
    on("pointermove", (event) => this.drag(event), { capture: true });
    for (const type of ["pointerup", "pointercancel", "lostpointercapture"] as const) {
      on(type, ({ pointerId }) => fingers.delete(pointerId));
    }
    // Two fingers on a picture are for the picture, and not for the page.
    for (const type of ["touchstart", "touchmove"] as const) {
      const keep = (event: TouchEvent): void => {
        if (event.touches.length > 1 && lookedAt(event) !== null) event.preventDefault();
      };
      on(type, keep, { passive: false });
    }
    // Before the pictures themselves: what follows a drag is no click, and a double click fits what is zoomed.
    const take = (event: Event, taken: boolean): void => {
      if (!taken || this.scale === 1 || lookedAt(event) === null) return;
      event.stopPropagation();
      if (event.type === "dblclick") this.fit();
    };
    on("click", (event) => take(event, this.travelled > DRAGGED), { capture: true });
    on("dblclick", (event) => take(event, true), { capture: true });
    stage.addEventListener(LOOK, (event) => this.look((event as CustomEvent<Place>).detail), { signal });
    root.addEventListener("keydown", (event) => this.key(event), { capture: true, signal });
  }

  private wheel(event: WheelEvent): void {
    const { ctrlKey, metaKey, deltaY, deltaMode, clientX, clientY } = event;
    const pane = paneOf(event);
    // The wheel alone scrolls the page; on the stage nothing scrolls. Two fingers on a touchpad come with the key.
    if (pane === null || !(ctrlKey || metaKey || this.root.classList.contains("xai-presenter"))) return;
    event.preventDefault();
    const step = -0.01 * deltaY * (deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : 16);
    this.by(2 ** Math.min(Math.max(step, -0.5), 0.5), pane, { x: clientX, y: clientY });
  }

  private drag(event: PointerEvent): void {
    const { pointerId, clientX, clientY } = event;
    const last = this.fingers.get(pointerId);
    const pane = paneOf(event);
    if (last === undefined || pane === null) return;
    const before = span(this.fingers);
    this.fingers.set(pointerId, { x: clientX, y: clientY });
    const after = span(this.fingers);
    const { width, height } = pane.getBoundingClientRect();
    this.travelled += Math.hypot(clientX - last.x, clientY - last.y);
    this.by(after.apart / before.apart, pane, before);
    this.move((before.x - after.x) / width, (before.y - after.y) / height);
  }

  private key(event: KeyboardEvent): void {
    const { key, shiftKey, target } = event;
    const way = ARROWS[key];
    if (way === undefined || !shiftKey || this.scale === 1 || !(target instanceof Element)) return;
    if (target.closest("input, textarea, select, [role=application]") !== null) return;
    event.preventDefault();
    event.stopPropagation();
    this.move(STRIDE * way[0], STRIDE * way[1]);
  }

  private look({ x, y }: Place): void {
    const margin = 0.1 / this.scale;
    const near = (place: number, from: number): number =>
      Math.min(Math.max(from, place + margin - 1 / this.scale), place - margin);
    this.show(this.scale, near(x, this.from.x), near(y, this.from.y));
  }
}
