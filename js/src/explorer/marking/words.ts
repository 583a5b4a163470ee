import type { Mask, Overlap } from "../../shared/pixels/overlap";
import type { Spot } from "../../shared/protocol";
import { chance, count } from "../../shared/words";

/** What a spot is called. */
export function letter(place: number): string {
  return String.fromCharCode(65 + place);
}

export function hands(spot: Spot): string {
  return count(spot.hands, "hand", "hands");
}

/** Where something is on a picture, for those who do not see it; given as shares of the width and the height. */
function where(x: number, y: number): string {
  const third = (share: number, words: string): string => words.split(" ")[Math.min(2, Math.floor(3 * share))] ?? "";
  return `${third(y, "upper middle lower")} ${third(x, "left middle right")}`.replace("middle middle", "middle");
}

/** What is marked, in words. */
export function markedWords({ width, height, inside }: Mask, spots: readonly Spot[]): string {
  let [marked, x, y] = [0, 0, 0];
  inside.forEach((one, place) => {
    marked += one;
    x += one * ((place % width) + 0.5);
    y += one * (Math.floor(place / width) + 0.5);
  });
  const area = `${chance(marked / inside.length)} of the picture, ${where(x / marked / width, y / marked / height)}`;
  const each = spots.map((spot, place) => `${letter(place)}, ${where(spot.x, spot.y)}: ${hands(spot)}`);
  const words = [...(marked === 0 ? [] : [area]), ...each].join("; ");
  return words === "" ? "Mark where the evidence will be, or count hands; then reveal the map." : `Marked: ${words}.`;
}

/** How much of the maps of some models lies in the mark, in a sentence. */
export function verdict(found: readonly Overlap[], models: readonly string[]): string {
  const shares = found.map(({ evidence }, model) => {
    const share = evidence === null ? "none" : chance(evidence);
    return found.length === 1 ? share : `${share} (${models[model]})`;
  });
  return `Your mark holds ${shares.join(", ")} of the evidence, on ${chance(found[0]?.area ?? 0)} of the picture.`;
}
