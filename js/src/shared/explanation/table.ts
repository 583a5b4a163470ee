import { attribute, button, h, percentage, write } from "../dom";
import { tint } from "../pixels/colormap";
import { scaled } from "../pixels/sign";
import type { ColormapEntry } from "../protocol";
import { number } from "../words";
import type { Sheet } from "./easel";
import type { Scene } from "./scene";
import type { Frame } from "./view_state";

/** Of more columns than these the ones with the largest values are shown. */
const MOST = 40;

/** What is smaller than this part of the largest value is a rounding error, and not a number to read. */
const ROUNDING = 1e-6;

/** Whether a map is of the columns of a table, and not of pixels or of a layer's units. */
function isTable({ store }: Pick<Scene, "store">, frame: Frame | undefined): boolean {
  return frame !== undefined && !frame.layer && store.catalogue.columns?.length === frame.map.length;
}

/** Which columns are shown, in order: as they are given, or the largest first. */
export function order(map: ArrayLike<number>, bySize: boolean, most = MOST): number[] {
  const places = Array.from(map, (_, place) => place);
  const largest = [...places].sort((a, b) => Math.abs(map[b] ?? 0) - Math.abs(map[a] ?? 0) || a - b);
  if (bySize) return largest.slice(0, most);
  const shown = new Set(largest.slice(0, most));
  return places.filter((place) => shown.has(place));
}

interface Row {
  readonly element: HTMLElement;
  readonly name: HTMLElement;
  readonly own: HTMLElement;
  readonly fill: HTMLElement;
  readonly value: HTMLElement;
}

function row(): Row {
  const name = h("span", { class: "xai-column-name" });
  const own = h("span", { class: "xai-column-own" });
  const fill = h("span");
  const value = h("span", { class: "xai-column-value" });
  const bar = h("span", { class: "xai-column-bar", "aria-hidden": true }, fill);
  return { element: h("li", {}, name, own, bar, value), name, own, fill, value };
}

/** What each column of a table counts for: its name, its own value, a bar with a sign, and that in words. */
export class Table {
  readonly element: HTMLElement;
  readonly #list = h("ul", { class: "xai-columns", "aria-label": "Columns" });
  readonly #sort: HTMLElement;
  readonly #rest = h("p", { class: "xai-quiet", hidden: true });
  readonly #rows: Row[] = [];

  constructor(
    private readonly scene: Scene,
    private readonly view: number,
    private readonly brief = false,
  ) {
    const { store, signal } = scene;
    const sort = (): void => store.sortColumns(!store.largestFirst);
    this.#sort = button("Largest first", sort, signal, { "aria-pressed": false });
    this.element = h(
      "div",
      { class: "xai-table", hidden: true },
      this.#list,
      this.#rest,
      ...(brief ? [] : [this.#sort]),
    );
    this.element.classList.toggle("xai-brief", brief);
  }

  /** Takes the place of a picture where the map is of columns. */
  replace(picture: HTMLElement, sheet: Sheet | undefined): void {
    const { frame } = this.scene.store.views[this.view] ?? {};
    const table = isTable(this.scene, frame);
    picture.hidden = table;
    this.element.hidden = !table;
    picture.closest("figure")?.classList.toggle("xai-of-table", table);
    if (table && sheet !== undefined) this.#show(sheet);
  }

  #show({ drawing, limit, look, ends }: Sheet): void {
    const { store } = this.scene;
    const { frame, header } = store.views[this.view] ?? {};
    const names = store.catalogue.columns ?? [];
    if (frame === undefined || header === undefined) return;
    const own = store.catalogue.pictures[header.state.index]?.values ?? [];
    // The first model's order for all of them, so that rows stand beside each other.
    const first = store.views[this.brief ? this.view : 0]?.frame?.map ?? frame.map;
    const shown = order(first.length === frame.map.length ? first : frame.map, store.largestFirst);
    const signed = look.sign === "both";
    while (this.#rows.length < shown.length) {
      const made = row();
      this.#rows.push(made);
      this.#list.append(made.element);
    }
    this.#rows.forEach((one, place) => {
      const column = shown[place];
      one.element.hidden = column === undefined;
      if (column === undefined) return;
      const exact = drawing.plane.values[column] ?? 0;
      const value = Math.abs(exact) < ROUNDING * limit ? 0 : exact;
      const t = scaled(value, limit || 1, look.sign);
      write(one.name, names[column] ?? "");
      one.name.title = names[column] ?? "";
      write(one.own, number(own[column] ?? 0, 3));
      write(one.value, number(value));
      const word = look.sign === "absolute" ? "size" : (value < 0 ? ends[0] : ends[1]) || ends[1];
      one.element.title = `${names[column]} = ${number(own[column] ?? 0, 3)}: ${word} ${number(value)}`;
      const length = Math.abs(t) / (signed ? 2 : 1);
      one.fill.style.width = percentage(length);
      one.fill.style.left = percentage(signed ? 0.5 - (t < 0 ? length : 0) : 0);
      one.fill.style.background = this.#color(t < 0 ? -1 : 1, look.colormap, signed);
    });
    this.#list.classList.toggle("xai-signed", signed);
    attribute(this.#sort, "aria-pressed", store.largestFirst);
    this.#rest.hidden = shown.length === names.length;
    write(this.#rest, `and ${names.length - shown.length} columns with smaller values`);
  }

  #color(t: number, colormap: ColormapEntry, signed: boolean): string {
    const shades = new Float64Array(3);
    tint(colormap, t, signed ? "both" : "positive", shades);
    return `rgb(${Array.from(shades, Math.round).join(" ")})`;
  }
}
