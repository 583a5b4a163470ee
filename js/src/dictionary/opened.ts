import { h } from "../shared/dom";
import { TopPictures } from "../shared/explanation/top_pictures";
import { dimmed } from "../shared/pixels/dimmed";
import { resize } from "../shared/pixels/resize";
import { percent } from "../shared/words";
import { pictureAnswers } from "./answers";
import type { DictionaryScene } from "./scene";

/** How much of the feature there is in one of the pictures, of this size, as a part of the most in any of them. */
export function amounts(
  { maps, shape }: { readonly maps: Float32Array; readonly shape: readonly number[] },
  place: number,
  width: number,
  height: number,
): Float32Array {
  const [, rows = 1, columns = 1] = shape;
  const most = Math.max(...maps) || 1;
  const values = maps.subarray(place * rows * columns, (place + 1) * rows * columns);
  return resize({ values, width: columns, height: rows }, width, height).values.map((value) =>
    Math.max(0, value / most),
  );
}

/** The feature in view: the picture that is large, those at which it is largest, and what it is good for. */
export function opened(scene: DictionaryScene): HTMLElement {
  const { store, signal } = scene;
  const pictures = new TopPictures("the feature is largest", (index) => store.choose({ index }), signal);
  const show = (): void => {
    const { frame } = store.seen;
    const { index } = store.question;
    const { feature } = store;
    const known = frame?.tiles.find((tile) => tile.feature === feature);
    const name = `Feature ${feature ?? ""}`;
    const often =
      known === undefined || known.density === 0 ? "never active" : `active at ${percent(known.density)} of all places`;
    pictures.show({
      top: frame?.top ?? [],
      index,
      name,
      meaning: frame === undefined ? "" : often,
      described: `Picture ${(frame?.top[index] ?? index) + 1}: the brighter, the more of feature ${feature} there is`,
      photo: (number) => store.photo(number),
      pixels: (photo, place) =>
        dimmed(photo, frame === undefined ? [] : amounts(frame, place, photo.width, photo.height)),
    });
  };
  store.signals.follow(["question", "frames", "display"], show, signal);
  const label = { class: "xai-top-opened", "aria-label": "The feature in view" };
  return h("section", label, pictures.figure, pictures.strip, pictureAnswers(scene));
}
