import { attribute, h, on, write } from "../dom";
import { ARROWS, claim } from "../keys";
import type { Drawing } from "../pixels/drawing";
import { Signals } from "../signals";
import { within } from "../within";
import { number } from "../words";
import type { Pane } from "./picture";
import { lookAt } from "./zoom";

/** A pixel, and in which of the pictures the pointer is. */
interface Pointer {
  readonly x: number;
  readonly y: number;
  readonly view: number;
}

/** What is pointed at, in all pictures of one view. */
export interface Pointing {
  /** The pixel under the pointer, the same in every picture; null is none. */
  pointer: Pointer | null;
  /** Tells the parts that the pointer moved. */
  pointed(): void;
  onPointed(listener: () => void): void;
}

export function pointing(signal: AbortSignal): Pointing {
  const pointers = new Signals<"pointed">();
  return {
    pointer: null,
    pointed: () => pointers.emit("pointed"),
    onPointed: (listener) => pointers.on("pointed", listener, signal),
  };
}

/**
 * Lets a mouse, a finger and the arrow keys point at the pixels of panes that show the same places. `show` is told the
 * value there of what is drawn, whichever picture is pointed at; what is returned tells it anew.
 */
export function pointAt(
  scene: Pointing & { readonly signal: AbortSignal },
  view: number,
  element: HTMLElement,
  panes: readonly [Pane, ...Pane[]],
  drawing: () => Drawing | undefined,
  show: (value: number | null, words: string) => void,
): () => void {
  const { signal } = scene;
  const said = h("span", { class: "xai-spoken", role: "status" });
  element.after(said);
  attribute(element, "tabindex", 0);
  let words = "";
  const tell = (): void => {
    const { pointer } = scene;
    const { plane, count = 0, isVector } = drawing() ?? {};
    let value: number | null = null;
    words = "";
    if (pointer !== null && plane !== undefined && pointer.x < plane.width) {
      const { x, y } = pointer;
      const place = y * plane.width + x;
      value = place < count ? (plane.values[place] ?? null) : null;
      if (value !== null) words = `${isVector ? `unit ${place}` : `row ${y}, column ${x}`}: ${number(value)}`;
    }
    for (const pane of panes) pane.mark(pointer);
    show(value, words);
  };
  const to = (x: number, y: number, { width, height }: HTMLCanvasElement): void => {
    scene.pointer = { x: within(Math.floor(x), 0, width - 1), y: within(Math.floor(y), 0, height - 1), view };
    scene.pointed();
  };
  const leave = (): void => {
    scene.pointer = null;
    scene.pointed();
  };
  const point = (event: PointerEvent): void => {
    const pane = panes.find(({ canvas }) => canvas === event.target);
    if (pane === undefined) return;
    const { canvas } = pane;
    const { x, y } = pane.shareOf(event);
    to(x * canvas.width, y * canvas.height, canvas);
  };
  const key = (event: KeyboardEvent): void => {
    if (event.key === "Escape" && scene.pointer !== null) {
      event.preventDefault();
      leave();
    }
    const step = ARROWS[event.key];
    if (step === undefined) return;
    claim(event);
    const { canvas } = panes[0];
    const { width, height } = canvas;
    // Large pictures would take hundreds of key presses.
    const stride = Math.max(1, Math.round(Math.max(width, height) / (event.shiftKey ? 10 : 100)));
    const from = scene.pointer ?? { x: width >> 1, y: height >> 1 };
    to(from.x + step[0] * stride, from.y + step[1] * stride, canvas);
    const { x, y } = scene.pointer ?? from;
    lookAt(element, { x: (x + 0.5) / width, y: (y + 0.5) / height });
    // The mouse reads values by the dozen; keys ask for one.
    write(said, words);
  };
  on(element, ["pointermove", "pointerdown"], signal, point);
  // A finger leaves with each tap: what it pointed at stays until the picture loses the focus.
  on(element, "pointerleave", signal, ({ pointerType }) => pointerType !== "touch" && leave());
  on(element, "blur", signal, leave);
  on(element, "keydown", signal, key);
  scene.onPointed(tell);
  return tell;
}
