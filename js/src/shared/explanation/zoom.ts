import { button, h, on, style, write } from "../dom";
import { ARROWS, claim } from "../keys";
import { within } from "../within";
import { number } from "../words";
import { type Cover, panesOf } from "./cover";

const MOST = 16;
/** From here on each pixel of a picture is seen as one. */
const PIXELS = 4;
/** So far one key press moves, as a share of what is in view. */
const STRIDE = 0.25;
/** A pointer that went so far between down and up has dragged, and clicked on nothing. */
const DRAGGED = 4;

/** A picture tells with this event which place of it is to be in view. */
const LOOK = "xai-look";

/** Shares of the width and the height of a picture, or a place on the screen. */
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

/** What zooms, and brings the whole picture back; both say whether there was anything to do. */
export interface Zoom {
  by(factor: number): boolean;
  fit(): boolean;
}

/**
 * Lets one choose which part of the pictures is in view, the same of all on one stage. What lies in a pane follows by the
 * style sheet, so that a place is found under the pointer as it always is: by the box of the canvas.
 */
export function zoom(root: HTMLElement, cover: Cover, signal: AbortSignal): Zoom {
  const { stage } = cover;
  const words = h("span");
  const whole = button("Fit", () => unzoom(), signal, { title: "The whole picture (0)" });
  /** Pointers that are down, in pixels of the page, and how far they went. */
  const fingers = new Map<number, Place>();
  let travelled = 0;
  let scale = 1;
  /** Where what is in view begins, as shares of the picture. */
  let left = 0;
  let top = 0;

  const show = (factor: number, x: number, y: number): void => {
    scale = factor;
    left = within(x, 0, 1 - 1 / scale);
    top = within(y, 0, 1 - 1 / scale);
    style(stage, { "--xai-zoom": scale, "--xai-from-x": left, "--xai-from-y": top });
    stage.classList.toggle("xai-zoomed", scale > 1);
    stage.classList.toggle("xai-pixels", scale >= PIXELS);
    write(words, `${number(scale, 2)}×`);
    cover.place();
  };
  /** Zooms about a place on the screen, or the middle. */
  const by = (factor: number, pane = panesOf(stage)[0], at?: Place): boolean => {
    if (pane === undefined) return false;
    const box = pane.getBoundingClientRect();
    const larger = within(scale * factor, 1, MOST);
    const freed = 1 / scale - 1 / larger;
    const x = at === undefined ? 0.5 : (at.x - box.left) / box.width;
    const y = at === undefined ? 0.5 : (at.y - box.top) / box.height;
    show(larger, left + x * freed, top + y * freed);
    return true;
  };
  /** Moves by shares of what is in view. */
  const move = (x: number, y: number): void => show(scale, left + x / scale, top + y / scale);
  const unzoom = (): boolean => {
    const zoomed = scale > 1;
    show(1, 0, 0);
    return zoomed;
  };

  const wheel = (event: WheelEvent): void => {
    // The wheel alone scrolls the page; on the stage nothing scrolls. Two fingers on a touchpad come with the key.
    if (!(event.ctrlKey || event.metaKey || root.classList.contains("xai-presenter"))) return;
    // Not what the event is about: the divider of a curtain lies over a picture, too.
    const pane = panesOf(stage).find((one) => {
      const box = one.getBoundingClientRect();
      return box.left <= event.x && event.x < box.right && box.top <= event.y && event.y < box.bottom;
    });
    if (pane === undefined) return;
    event.preventDefault();
    const step = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 0.01 : 0.16);
    by(2 ** within(-step, -0.5, 0.5), pane, event);
  };
  const press = (event: PointerEvent): void => {
    const mouse = event.pointerType === "mouse";
    const pane = mouse ? paneOf(event) : lookedAt(event);
    if (pane === null || event.defaultPrevented || (mouse && scale === 1)) return;
    if (fingers.size === 0) travelled = 0;
    fingers.set(event.pointerId, event);
    if (mouse) (event.target as Element).setPointerCapture(event.pointerId);
  };
  const drag = (event: PointerEvent): void => {
    const last = fingers.get(event.pointerId);
    const pane = paneOf(event);
    if (last === undefined || pane === null) return;
    const before = span(fingers);
    fingers.set(event.pointerId, event);
    const after = span(fingers);
    const { width, height } = pane.getBoundingClientRect();
    travelled += Math.hypot(event.x - last.x, event.y - last.y);
    by(after.apart / before.apart, pane, before);
    move((before.x - after.x) / width, (before.y - after.y) / height);
  };
  const key = (event: KeyboardEvent): void => {
    const way = ARROWS[event.key];
    const { target } = event;
    if (way === undefined || !event.shiftKey || scale === 1 || !(target instanceof Element)) return;
    if (target.closest("input, textarea, select, [role=application]") !== null) return;
    claim(event);
    move(STRIDE * way[0], STRIDE * way[1]);
  };
  const look = ({ x, y }: Place): void => {
    const margin = 0.1 / scale;
    const near = (place: number, from: number): number => within(from, place + margin - 1 / scale, place - margin);
    show(scale, near(x, left), near(y, top));
  };
  // What follows a drag is no click, and a double click fits what is zoomed.
  const take = (event: Event, taken: boolean): void => {
    if (!taken || scale === 1 || lookedAt(event) === null) return;
    event.stopPropagation();
    if (event.type === "dblclick") unzoom();
  };
  // Two fingers on a picture are for the picture, and not for the page.
  const keep = (event: TouchEvent): void => {
    if (event.touches.length > 1 && lookedAt(event) !== null) event.preventDefault();
  };

  on(stage, "wheel", signal, wheel, { passive: false });
  on(stage, ["touchstart", "touchmove"], signal, keep, { passive: false });
  on(stage, "pointerdown", signal, press);
  on(stage, ["pointerup", "pointercancel", "lostpointercapture"], signal, ({ pointerId }) => fingers.delete(pointerId));
  // Before the pictures say what is under the pointer, and before they take clicks and arrows for theirs.
  on(stage, "pointermove", signal, drag, { capture: true });
  on(stage, "click", signal, (event) => take(event, travelled > DRAGGED), { capture: true });
  on(stage, "dblclick", signal, (event) => take(event, true), { capture: true });
  on(root, "keydown", signal, key, { capture: true });
  stage.addEventListener(LOOK, (event) => look((event as CustomEvent<Place>).detail), { signal });
  // How much it is, and the way back, in a corner of the first picture.
  const sign = h("div", { class: "xai-zoom" }, h("div", {}, words, whole));
  cover.put(sign, () => (scale > 1 ? panesOf(stage)[0] : undefined));
  return { by, fit: unzoom };
}
