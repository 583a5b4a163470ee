import { h, on } from "../dom";
import { isModified } from "../keys";
import type { AddedEntry } from "../protocol";
import type { Curtain } from "./curtain";
import type { LiveScene } from "./scene";
import type { Zoom } from "./zoom";

/** What a key does, in words; the keys are told in one list. */
const KEYS: readonly (readonly [string, string])[] = [
  ["← →", "the picture before, the next one"],
  ["Space", "held down, or a resting finger: the picture as it was given"],
  ["C", "the curtain, left of which lies what a picture is compared with"],
  ["+ − 0", "nearer, farther, all of it; as Ctrl+wheel, on the stage the wheel, two fingers, a double click"],
  ["Shift+arrows", "move what is near, as dragging it does"],
  ["F", "the stage, and back"],
  ["M", "the menu of methods"],
  ["Ctrl+Z, Ctrl+Shift+Z", "undo, redo"],
  ["Delete", "on a slider: its first value"],
  ["Escape", "closes menus and settings, leaves the stage"],
  ["?", "this list"],
];

/** Elements that take letters, those that take arrows as well, and those that take the space bar. */
const LETTERS =
  "input:not([type=range], [type=radio], [type=checkbox], [type=color]), textarea, select, [role=menu], [aria-haspopup]";
const ARROWS = `${LETTERS}, input, pre, [role=img], [role=application], [role=list]`;
const SPACE = `${LETTERS}, input, button, summary, a, [role=application]`;

/** So much one key press zooms. */
const NEARER = 1.5;
/** So long a finger rests before that means something, in milliseconds, and so far it may tremble, in pixels. */
const RESTS = 400;
const NEAR = 8;

/** Shows the pictures as they were given while a finger rests on one of them. */
function restingFinger(root: HTMLElement, original: (shown: boolean) => boolean, signal: AbortSignal): void {
  let rests: ReturnType<typeof setTimeout> | undefined;
  let from = { x: 0, y: 0 };
  const lift = (): void => {
    clearTimeout(rests);
    rests = undefined;
    original(false);
  };
  const touched = ({ pointerType, target, x, y, type }: PointerEvent): void => {
    if (pointerType !== "touch" || !(target instanceof Element)) return;
    if (type === "pointermove") {
      if (rests !== undefined && Math.hypot(x - from.x, y - from.y) > NEAR) lift();
      return;
    }
    lift();
    const pane = target.closest(".xai-pane");
    if (type !== "pointerdown" || pane === null || pane.closest("[role=application]") !== null) return;
    from = { x, y };
    rests = setTimeout(() => original(true), RESTS);
  };
  on(root, ["pointerdown", "pointermove", "pointerup", "pointercancel"], signal, touched);
}

/** The list of the keys, and what they do; `present` and `settings` are the buttons of the card. */
export function shortcuts(
  root: HTMLElement,
  { store, signal }: LiveScene,
  present: HTMLElement,
  settings: HTMLElement,
  zoom: Zoom,
  curtain?: Curtain,
): HTMLElement {
  const list = h("dl", {}, ...KEYS.flatMap(([keys, words]) => [h("dt", {}, h("kbd", {}, keys)), h("dd", {}, words)]));
  const details = h("details", { class: "xai-more xai-keys" }, h("summary", {}, "Keys"), list);
  const turn = (by: number): boolean => {
    const pictures: readonly Partial<AddedEntry>[] = store.catalogue.pictures;
    let index = store.question.index + by;
    // What was taken away is passed over.
    while (pictures[index]?.away) index += by;
    if (pictures[index] === undefined) return false;
    store.choose({ index });
    return true;
  };
  const original = (shown: boolean): boolean => {
    const before = root.querySelectorAll(".xai-original");
    if (shown && before.length > 0) return true; // A key that is held down says so again and again.
    for (const old of before) old.remove();
    const picture = store.catalogue.pictures[store.question.index];
    if (!shown || picture === undefined || picture.values !== undefined) return false;
    for (const pane of root.querySelectorAll(".xai-pane")) {
      pane.append(h("img", { class: "xai-original", src: picture.src, alt: "" }));
    }
    return true;
  };
  const openMethods = (): boolean => {
    const menu = root.querySelector<HTMLElement>("[aria-label=Method]");
    menu?.click();
    return menu !== null;
  };
  const openList = (): boolean => {
    if (details.closest("[hidden]") !== null) settings.click();
    details.open = true;
    details.querySelector("summary")?.focus();
    return true;
  };
  const letters: Record<string, () => boolean> = {
    f: () => {
      present.click();
      return true;
    },
    m: openMethods,
    "?": openList,
    "+": () => zoom.by(NEARER),
    "=": () => zoom.by(NEARER), // The same key without Shift on many keyboards.
    "-": () => zoom.by(1 / NEARER),
    "0": () => zoom.fit(),
    c: () => curtain?.toggle() ?? false,
  };
  const others: Record<string, () => boolean> = {
    arrowleft: () => turn(-1),
    arrowright: () => turn(1),
    " ": () => original(true),
  };
  root.tabIndex = -1;
  on(root, "keydown", signal, (event) => {
    const { key, target } = event;
    if (isModified(event) || event.defaultPrevented || !(target instanceof Element)) return;
    const name = key.toLowerCase();
    const taken = target.closest(name in letters ? LETTERS : name === " " ? SPACE : ARROWS);
    if (taken !== null && root.contains(taken)) return;
    if ((letters[name] ?? others[name])?.() === true) event.preventDefault();
  });
  on(root, ["keyup", "focusout"], signal, () => original(false));
  restingFinger(root, original, signal);
  return details;
}
