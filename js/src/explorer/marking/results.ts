import { h, percentage, write } from "../../shared/dom";
import { disc, type Overlap, overlap } from "../../shared/pixels/overlap";
import { chance } from "../../shared/words";
import type { ExplorerStore } from "../store";
import { hands, letter, verdict } from "./words";

/** A share as a bar, with a line where chance would be. */
function cell(share: number | null, by: number, place = ""): HTMLElement {
  const fill = h("span");
  const line = h("i", { class: "xai-was" });
  fill.style.width = percentage(share ?? 0);
  line.style.left = percentage(by);
  const track = h("span", { class: "xai-track", "aria-hidden": true }, h("span", { class: "xai-bar" }, fill), line);
  return h("td", {}, track, share === null ? "none" : chance(share) + place);
}

/** How much of each map lies in what was marked, beside what chance would bring: in a sentence, and mark by mark. */
export function results({ store, signal }: { store: ExplorerStore; signal: AbortSignal }): readonly HTMLElement[] {
  const headline = h("b");
  const spoken = h("span", { class: "xai-spoken", role: "status" });
  const table = h("table", { title: "Evidence is the sum of a map's values, whatever their sign, or of those shown." });
  let shown: unknown[] = [];

  const fill = (): void => {
    const { mark, mask, catalogue, display } = store;
    const views = store.views.flatMap(({ frame, header }) => (frame?.shape.length === 2 ? [{ frame, header }] : []));
    const names = views.map(({ frame, header }) => {
      const model = catalogue.models[frame.view % catalogue.models.length];
      return [store.shownCells > 1 ? header?.title : "", model].filter(Boolean).join(" · ");
    });
    const of = (one: typeof mask): Overlap[] =>
      views.map(({ frame }) => overlap(frame.map, frame.shape, one, display.sign));
    const spots = mark.spots
      .map((spot, place) => ({ spot, place, found: of(disc(spot, mask.width, mask.height)) }))
      .sort((a, b) => b.spot.hands - a.spot.hands);
    const row = (name: string, found: readonly Overlap[], own: (one: Overlap, view: number) => HTMLElement) =>
      h("tr", {}, h("th", {}, name), h("td", {}, chance(found[0]?.area ?? 0)), ...found.map(own));
    const area = mark.area.length === 0 ? [] : of(mask);
    const rows = spots.map(({ spot, place, found }) =>
      row(`${letter(place)}: ${hands(spot)}`, found, ({ evidence, area: by }, view) => {
        const more = spots.filter((other) => (other.found[view]?.evidence ?? 0) > (evidence ?? 0));
        return cell(evidence, by, ` · no. ${1 + more.length}`);
      }),
    );
    if (area.length > 0) {
      rows.unshift(
        row("evidence in your mark", area, (one) => cell(one.evidence, one.area)),
        row("strongest places in it", area, (one) => cell(one.hits, one.area)),
      );
    }
    const heads = ["", "by chance", ...names.map((name) => name || "in the map")];
    table.replaceChildren(h("tr", {}, ...heads.map((name) => h("th", { title: name }, name))), ...rows);
    table.classList.toggle("xai-many", views.length > 2);
    table.hidden = rows.length === 0 || views.length === 0;
    const most = spots[0] === undefined ? "Nothing is marked." : `Most hands: ${letter(spots[0].place)}.`;
    const none = views.length === 0 ? "This map has no places on the picture." : most;
    write(headline, area.length === 0 ? none : verdict(area, names));
  };
  const show = (): void => {
    headline.hidden = store.hidden || !store.predictsFirst;
    if (headline.hidden) table.hidden = true;
    const now = [headline.hidden, store.mark, store.display.sign, ...store.views.map(({ frame }) => frame?.map)];
    if (!headline.hidden && now.some((one, place) => one !== shown[place])) fill();
    shown = now;
    // Once it stays so: a picture that gets better would be read aloud again and again.
    if (store.running) return;
    const parts = headline.hidden ? [] : [headline, ...table.querySelectorAll("th, td")];
    write(spoken, parts.map(({ textContent }) => textContent).join(" "));
  };
  store.signals.follow(["display", "question", "frames"], show, signal);
  return [headline, table, spoken];
}
