import { onResize, style } from "../dom";
import type { Scene } from "./scene";

/** A picture of this share of the largest that there could be is as good, where more of the stage shows pictures. */
const AS_GOOD = 0.91;

/** Where pictures may stand: so many beside each other, and what is said of each beside it or below. */
interface Way {
  readonly across: number;
  readonly beside: boolean;
}

/** All ways that differ for so many pictures: the most rows first, and with the words below, where they have most room. */
export function ways(count: number): Way[] {
  const numbers = new Set(Array.from({ length: count }, (_, place) => Math.ceil(count / (count - place))));
  return [...numbers].flatMap((across) => [false, true].map((beside) => ({ across, beside })));
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
  /** How high the smallest picture is; next to nothing where the words have no room. */
  const size = (): number => {
    const shown = [...pictures.querySelectorAll<HTMLElement>(":is(.xai-panes, .xai-tile .xai-pane):not([hidden])")];
    const fits = [...pictures.children].every(({ scrollHeight, clientHeight }) => scrollHeight <= clientHeight + 1);
    return shown.length && Math.min(...shown.map(({ offsetHeight }) => offsetHeight)) * (fits ? 1 : 0.001);
  };
  const tried = ways(pictures.childElementCount);
  let shapes = "";
  const place = (): void => {
    const body = pictures.closest(".xai-presenter .xai-body");
    if (body === null) return;
    const stand = (below: boolean): [number, number] => {
      body.classList.toggle("xai-strip-below", below);
      const sizes = tried.map((way) => {
        take(way);
        return size();
      });
      // Where there are but numbers, they stand beside each other.
      const way = tried.at(Math.max(...sizes) > 0 ? best(sizes) : -2) as Way;
      take(way);
      return [size(), way.across];
    };
    // Beside the pictures the strip of inputs takes of their width, beside the slider nothing.
    const [least, across] = stand(false);
    const [most, other] = stand(true);
    if (most <= (across === other ? 1.03 : 1.12) * least) stand(false);
  };
  const reshape = (): void => {
    const bars = pictures.closest<HTMLElement>(".xai-shown")?.style.getPropertyValue("--xai-first");
    const now = `${bars} ${[...pictures.children].map((slot) => slot.getAttribute("style"))}`;
    if (now !== shapes) place();
    shapes = now;
  };
  onResize(pictures, signal, place);
  store.signals.follow(["frames", "display"], reshape, signal);
}
