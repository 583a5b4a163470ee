import { h, style } from "../../shared/dom";
import { Outline } from "../../shared/explanation/outline";
import { SPOT } from "../../shared/pixels/overlap";
import type { Mark } from "../../shared/protocol";
import { within } from "../../shared/within";
import { letter } from "./words";

/** Puts a circle on a picture; its middle is in shares of the picture, how wide it is in shares of its width. */
export function circle(element: HTMLElement, x: number, y: number, wide: number): void {
  style(element, { "--x": x, "--y": y, "--wide": wide });
}

/**
 * Lays what is marked over a picture, in shares of it, so that it stays where it is at any size; returns what shows it.
 * `count` takes how many hands a spot has; without it they are not told here.
 */
export function markOverlay(
  pane: HTMLElement,
  count?: (place: number, hands: number) => void,
): (mark: Mark, width: number, height: number) => void {
  const lines = new Outline();
  const spotted: { readonly element: HTMLElement; readonly hands: HTMLInputElement }[] = [];
  let painted: Mark["area"] | undefined;
  pane.append(lines.element);

  const add = (place: number): void => {
    const words = `Hands for spot ${letter(place)}`;
    const hands = h("input", { type: "number", min: 0, max: 9999, "aria-label": words, hidden: count === undefined });
    hands.addEventListener("change", () => count?.(place, within(Math.round(Number(hands.value)), 0, 9999)));
    const element = h("span", { class: "xai-spot" }, h("span", {}, letter(place), hands));
    spotted.push({ element, hands });
    pane.append(element);
  };
  return ({ area, spots }, width, height) => {
    if (area !== painted) lines.show(area.length === 0 ? null : { runs: area, width, height });
    painted = area;
    while (spotted.length < spots.length) add(spotted.length);
    spotted.forEach(({ element, hands }, place) => {
      const spot = spots[place];
      element.hidden = spot === undefined;
      if (spot === undefined) return;
      circle(element, spot.x, spot.y, (2 * SPOT * Math.min(width, height)) / width);
      element.classList.toggle("xai-flipped", spot.x > 0.7);
      if (hands.value !== String(spot.hands)) hands.value = String(spot.hands);
    });
  };
}
