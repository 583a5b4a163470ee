import { attribute, button, h, style, write } from "../shared/dom";
import { showPixels } from "../shared/explanation/show_pixels";
import type { FeatureTile } from "../shared/protocol";
import { renewals } from "../shared/signals";
import { count, percent } from "../shared/words";
import { mosaic } from "./mosaic";
import type { DictionaryScene } from "./scene";

/** A feature as it is shown: the button that opens it, and what is seen where it is largest. */
interface Tile {
  readonly cell: HTMLButtonElement;
  readonly canvas: HTMLCanvasElement;
  painted: string;
}

/** All features of the dictionary, those that are active most often first; those that never are are dots. */
export function tiles({ store, signal }: DictionaryScene): HTMLElement {
  const list = h("div", { class: "xai-features", role: "group", "aria-label": "Features" });
  const dots = h("div", { class: "xai-features-dead", "aria-hidden": true });
  const heading = h("h3");
  const note = h("p", { class: "xai-quiet" });
  const renewed = renewals(signal);
  let built: Tile[] = [];
  let order = "";
  const build = (alive: readonly FeatureTile[]): void => {
    const own = renewed();
    built = alive.map(({ feature }) => {
      const canvas = h("canvas", { width: 1, height: 1, class: "xai-crisp" });
      const cell = button("", () => store.open(feature), own, { class: "xai-feature" });
      cell.replaceChildren(canvas);
      return { cell, canvas, painted: "" };
    });
    list.replaceChildren(...built.map(({ cell }) => cell));
    style(list, { "--columns": Math.max(3, Math.ceil(Math.sqrt(alive.length))) });
  };
  const paint = (tile: Tile, { sights }: FeatureTile): void => {
    const key = JSON.stringify(sights);
    const found =
      tile.painted === key ? undefined : mosaic(sights, store.seen.frame?.grid ?? [], (i) => store.photo(i));
    if (found === undefined) return;
    showPixels(tile.canvas, found.rgba, found.width, found.height);
    // While a picture is being read, its piece is missing.
    if (sights.every(([index = 0]) => store.photo(index) !== undefined)) tile.painted = key;
  };
  const show = (): void => {
    const { frame } = store.seen;
    const { without } = store.question;
    if (frame === undefined) return;
    const alive = frame.tiles.filter(({ density }) => density > 0);
    if (order !== alive.map(({ feature }) => feature).join()) {
      order = alive.map(({ feature }) => feature).join();
      build(alive);
    }
    alive.forEach((feature, place) => {
      const tile = built[place] as Tile;
      const off = without.includes(feature.feature);
      paint(tile, feature);
      tile.cell.title = `Feature ${feature.feature}: active at ${percent(feature.density)} of all places${off ? ", switched off" : ""}`;
      attribute(tile.cell, "aria-label", tile.cell.title);
      attribute(tile.cell, "aria-pressed", feature.feature === store.feature);
      tile.cell.classList.toggle("xai-feature-off", off);
    });
    const { dead } = frame.fit;
    const hidden = frame.features - dead - alive.length;
    write(heading, count(frame.features - dead, "feature", "features"));
    write(
      note,
      [hidden > 0 ? `${hidden} more` : "", dead > 0 ? `${dead} dead: never active` : ""].filter(Boolean).join(", "),
    );
    while (dots.childElementCount > Math.min(dead, MOST_DOTS)) dots.lastElementChild?.remove();
    while (dots.childElementCount < Math.min(dead, MOST_DOTS)) dots.append(h("i"));
  };
  store.signals.follow(["question", "frames"], show, signal);
  return h("section", { class: "xai-dictionary-tiles", "aria-label": "The dictionary" }, heading, list, note, dots);
}

/** More dots say nothing more. */
const MOST_DOTS = 96;
