import { attribute, h, on, style, write } from "../../shared/dom";
import { Pane, shape } from "../../shared/explanation/picture";
import { ARROWS, claim, isModified } from "../../shared/keys";
import { type Mask, SPOT, toRuns } from "../../shared/pixels/overlap";
import { mark, type Place } from "../../shared/pixels/stroke";
import type { PictureEntry } from "../../shared/protocol";
import { atEnd } from "../../shared/signals";
import { within } from "../../shared/within";
import type { ExplorerStore } from "../store";
import { circle, markOverlay } from "./overlay";

/** How wide the brush is, as a share of the shorter side of the picture. */
const BRUSH = 1 / 8;

const MOST_SPOTS = 26;

/** The picture as it was given, to mark on before its map is seen: nothing of the map is in the page meanwhile. */
export function markingBoard(store: ExplorerStore, signal: AbortSignal): HTMLElement {
  const pane = new Pane();
  const surface = h(
    "div",
    { class: "xai-panes", role: "application", tabindex: 0, "aria-roledescription": "marking" },
    pane.element,
  );
  const name = h("b");
  const aside = h("span", { class: "xai-aside" }, "the map is hidden");
  const figure = h("figure", { class: "xai-picture" }, h("figcaption", {}, name, aside), surface);
  const element = h("div", { class: "xai-slot xai-marking-board" }, figure);
  const picture = (): PictureEntry => store.catalogue.pictures[store.question.index] as PictureEntry;
  const side = (): number => Math.min(picture().width, picture().height);
  let stroke: { readonly index: number; readonly mask: Mask; last: Place } | undefined;
  /** Where the pointer is, or the keys have moved to. */
  let at: Place | null = null;

  /** Counts hands for a spot; without any there is none. */
  const count = (place: number, hands: number): void => {
    const spots = store.mark.spots.map((spot, other) => (other === place ? { ...spot, hands } : spot));
    store.setMark({ spots: spots.filter((spot) => spot.hands > 0) });
  };
  const showMark = markOverlay(pane.element, count);
  const brush = h("i", { class: "xai-spot" });
  pane.element.append(brush);

  const show = (): void => {
    if (stroke !== undefined && stroke.index !== store.question.index) lift();
    const { width, height, label } = picture();
    const photo = store.easel.photo(store.question.index);
    if (photo !== undefined) pane.paint(photo.rgba, width, height);
    style(element, { "--xai-width": width, "--xai-height": height });
    shape(figure, width, height);
    write(name, store.catalogue.pictures.length > 1 ? label : "Picture");
    const does = store.brushes ? "marks" : "places a spot or raises its hands by one";
    attribute(surface, "aria-label", `${label}: mark where the evidence will be. Arrow keys move, space ${does}.`);
    showMark(stroke === undefined ? store.mark : { ...store.mark, area: toRuns(stroke.mask) }, width, height);
    brush.hidden = at === null;
    const wide = store.brushes ? BRUSH : 2 * SPOT;
    if (at !== null) circle(brush, at.x / width, at.y / height, (wide * side()) / width);
  };
  const move = (to: Place): void => {
    at = to;
    if (stroke === undefined) return;
    const { width, height, inside } = stroke.mask;
    mark(inside, width, height, stroke.last, to, (BRUSH * side()) / 2);
    stroke.last = to;
  };
  /** Places a spot with one hand, or raises that of the one which is there. */
  const raise = (to: Place): void => {
    const { width, height } = picture();
    const { spots } = store.mark;
    const found = spots.findIndex(({ x, y }) => Math.hypot(x * width - to.x, y * height - to.y) <= SPOT * side());
    const known = spots[found];
    if (known !== undefined) count(found, known.hands + 1);
    else if (spots.length < MOST_SPOTS) {
      store.setMark({ spots: [...spots, { x: to.x / width, y: to.y / height, hands: 1 }] });
    }
  };
  const press = (to: Place): void => {
    if (store.brushes) stroke = { index: store.question.index, mask: store.mask, last: to };
    else raise(to);
    move(to);
  };
  const lift = (): void => {
    const done = stroke;
    stroke = undefined;
    if (done !== undefined) store.setMark({ area: toRuns(done.mask) }, done.index);
  };
  const key = (event: KeyboardEvent): void => {
    const { key, shiftKey } = event;
    if (isModified(event)) return;
    const { width, height } = picture();
    const way = ARROWS[key];
    const { x, y } = at ?? { x: width / 2, y: height / 2 };
    if (way !== undefined) {
      const far = Math.max(1, Math.round(Math.max(width, height) / (shiftKey ? 8 : 64)));
      move({ x: within(x + way[0] * far, 0.5, width - 0.5), y: within(y + way[1] * far, 0.5, height - 0.5) });
    } else if (key !== " ") return;
    else if (!event.repeat) press({ x, y });
    claim(event);
  };
  const placeOf = (event: PointerEvent): Place => {
    const { width, height } = picture();
    const { x, y } = pane.shareOf(event);
    return { x: x * width, y: y * height };
  };
  const does = <Type extends keyof HTMLElementEventMap>(
    types: Type | readonly Type[],
    work: (event: HTMLElementEventMap[Type]) => unknown,
  ): void =>
    on(surface, types, signal, (event) => {
      // How many hands a spot has is typed beside it.
      if (event.target instanceof HTMLInputElement) return;
      work(event);
      show();
    });
  does("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    surface.setPointerCapture(event.pointerId);
    surface.focus({ preventScroll: true });
    event.preventDefault();
    press(placeOf(event));
  });
  does("pointermove", (event) => {
    if (!event.isPrimary) return;
    const passed = event.getCoalescedEvents?.() ?? [];
    for (const one of passed.length > 0 ? passed : [event]) move(placeOf(one));
  });
  does(["pointerup", "pointercancel", "lostpointercapture", "blur"], lift);
  does(["pointerleave", "blur"], () => {
    if (stroke === undefined) at = null;
  });
  does("keydown", key);
  does("keyup", (event) => event.key === " " && lift());
  // A view may end in the middle of a stroke.
  atEnd(signal, lift);
  store.signals.follow(["display", "question", "frames"], show, signal);
  return element;
}
