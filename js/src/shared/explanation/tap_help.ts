import { h, on, write } from "../dom";

/** What a tap does something to by itself: what that is, is seen. */
const ACTS = "button, select, a, summary, input:not([type=radio])";

/** Lets a tap show what a mouse shows that rests: what a control does, a name in full. The next tap takes it away. */
export function helpOnTap(root: HTMLElement, signal: AbortSignal): void {
  const help = h("div", { class: "xai-help", role: "status", popover: "manual" });
  root.append(help);
  const show = (words: string): void => {
    write(help, words);
    // Notebooks take cells out of the page that are scrolled away.
    if (help.isConnected) help.togglePopover?.(words !== "");
  };
  on(window, "pointerdown", signal, () => show(""));
  const tapped = ({ pointerType, target }: PointerEvent): void => {
    if (pointerType !== "touch" || !(target instanceof Element) || target.closest(ACTS) !== null) return;
    show(target.closest("[title]")?.getAttribute("title") ?? "");
  };
  on(root, "pointerup", signal, tapped);
}
