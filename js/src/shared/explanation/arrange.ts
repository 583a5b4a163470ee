import { onResize, style } from "../dom";
import type { Scene } from "./scene";

/** A picture of this share of the largest that there could be is as good, where more of the stage shows pictures. */
const AS_GOOD = 0.92;

/** Where pictures may stand: so many beside each other, and what is said of each beside it or below. */
interface Way {
  readonly across: number;
  readonly beside: boolean;
}

/** All ways that differ for so many pictures: the most rows first, and with the words below, where they have most room. */
export function ways(count: number): Way[] {
  const rows = Array.from({ length: count }, (_, place) => count - place);
  const across = [...new Set(rows.map((row) => Math.ceil(count / row)))];
  return across.flatMap((number) => [false, true].map((beside) => ({ across: number, beside })));
}

/** The first of several sizes that is as good as the largest. */
export function best(sizes: readonly number[]): number {
  const enough = AS_GOOD * Math.max(...sizes);
  return sizes.findIndex((size) => size >= enough);
}

/**
 * Lets the pictures of a stage stand where they are largest, in one row or in several. Each way is tried: what the words
 * around a picture take is known to the style sheet alone.
 */
export function arrange({ store, signal }: Scene, pictures: HTMLElement): void {
  const take = ({ across, beside }: Way): void => {
    style(pictures, { "--xai-across": across, "--xai-down": Math.ceil(pictures.childElementCount / across) });
    pictures.classList.toggle("xai-words-beside", beside);
  };
  /** The side of a square as large as the smallest picture; next to nothing where the words have no room. */
  const size = (): number => {
    const shown = [...pictures.querySelectorAll<HTMLElement>(":is(.xai-panes, .xai-tile .xai-pane):not([hidden])")];
    if (shown.length === 0) return 0;
    const fits = [...pictures.children].every(({ scrollHeight, clientHeight }) => scrollHeight <= clientHeight + 1);
    const area = Math.min(...shown.map(({ offsetWidth, offsetHeight }) => offsetWidth * offsetHeight));
    return Math.sqrt(area) * (fits ? 1 : 0.001);
  };
  const tried = ways(pictures.childElementCount);
  let shapes = "";
  const place = (): void => {
    if (pictures.closest(".xai-presenter") === null) return;
    const sizes = tried.map((way) => {
      take(way);
      return size();
    });
    // Where there are but numbers, they stand beside each other.
    const way = Math.max(...sizes) > 0 ? tried[best(sizes)] : tried.at(-2);
    if (way !== undefined) take(way);
  };
  const reshape = (): void => {
    const bars = pictures.closest<HTMLElement>(".xai-shown")?.style.getPropertyValue("--xai-first");
    const now = `${bars} ${[...pictures.children].map((slot) => slot.getAttribute("style"))}`;
    if (now !== shapes) place();
    shapes = now;
  };
  onResize(pictures, signal, place);
  for (const topic of ["frames", "display"] as const) store.signals.on(topic, reshape, signal);
}
