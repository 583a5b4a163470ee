import { Picker } from "../shared/controls/picker";
import { attribute, button, h, on, percentage, style, tell, write } from "../shared/dom";
import { arrange } from "../shared/explanation/arrange";
import type { Sheet } from "../shared/explanation/easel";
import { Legend } from "../shared/explanation/legend";
import { families } from "../shared/explanation/methods";
import { Pane, SMALL } from "../shared/explanation/picture";
import { pointAt } from "../shared/explanation/pointing";
import { stateWords, summary } from "../shared/explanation/readout";
import type { Scene } from "../shared/explanation/scene";
import { Table } from "../shared/explanation/table";
import type { Drawing } from "../shared/pixels/drawing";

const MOST = 12;

/** One method of the grid for one model: its picture, what its colours mean, and how far it is. */
class Tile {
  readonly element: HTMLElement;
  readonly #pane = new Pane();
  readonly #legend = new Legend();
  readonly #name: HTMLElement;
  readonly #alone: HTMLElement;
  readonly #away: HTMLElement;
  readonly #fill = h("span");
  readonly #progress = h("span", { class: "xai-progress", "aria-hidden": true }, this.#fill);
  readonly #state = h("span", { class: "xai-tile-words" });
  readonly #error = h("p", { class: "xai-tile-error", role: "alert", hidden: true });
  readonly #table: Table;
  #painted: Sheet | undefined;
  readonly #point: () => void;

  constructor(
    private readonly scene: Scene,
    private readonly view: number,
  ) {
    const { store, signal } = scene;
    const focus = (): void => store.focusCell(this.#cell);
    const open = (): void => store.openCell(this.#cell);
    const icon = { class: "xai-icon" };
    this.#name = button("", focus, signal, { class: "xai-tile-name" });
    this.#alone = button("⤢", open, signal, { ...icon, title: "Show it alone" });
    this.#away = button("×", () => store.removeCell(this.#cell), signal, { ...icon, title: "Take it away" });
    const actions = h("span", { class: "xai-tile-actions" }, this.#alone, this.#away);
    this.#table = new Table(scene, view, true);
    const picture = h("div", { class: "xai-tile-picture" }, this.#pane.element, this.#table.element, actions);
    this.element = h(
      "figure",
      { class: "xai-tile" },
      h("figcaption", {}, this.#name),
      picture,
      this.#error,
      this.#legend.element,
      h("div", { class: "xai-tile-state" }, this.#progress, this.#state),
    );
    const pane = this.#pane.element;
    attribute(pane, "role", "img");
    const drawing = (): Drawing | undefined => this.#painted?.drawing;
    this.#point = pointAt(scene, view, pane, [this.#pane], drawing, (value, words) => {
      this.#pane.say(words);
      this.#legend.point(value);
    });
    on(pane, "click", signal, focus);
    on(pane, "dblclick", signal, open);
  }

  get #models(): readonly string[] {
    return this.scene.store.catalogue.models;
  }

  get #cell(): number {
    return Math.floor(this.view / this.#models.length);
  }

  /** What stands above the picture: what the kernel calls it, before that the method's own name. */
  get #title(): string {
    const { store } = this.scene;
    const asked = store.cells[this.#cell];
    const { header } = store.views[this.view] ?? {};
    const known = header?.state.method === asked?.method ? header?.title : undefined;
    const label = store.methodNamed(asked?.method)?.label;
    const model = this.#models[this.view % this.#models.length];
    return [known ?? label ?? header?.title ?? "", model].filter((part) => part !== "").join(" · ");
  }

  show(): void {
    const { store, easel } = this.scene;
    const [title, cell] = [this.#title, this.#cell];
    write(this.#name, title);
    this.#name.title = `${title}: show its settings`;
    attribute(this.#name, "aria-pressed", cell === store.focus);
    attribute(this.#alone, "aria-label", `${title} alone`);
    attribute(this.#away, "aria-label", `Take ${title} away`);
    this.#away.hidden = store.cells.length < 2 || this.view % this.#models.length > 0;
    this.element.classList.toggle("xai-focused", cell === store.focus);
    const { header, frame } = store.views[this.view] ?? {};
    const label = `${title} of ${header?.quantity ?? "the picture"}. Arrow keys read its values.`;
    attribute(this.#pane.element, "aria-label", label);
    const sheet = easel.sheet(this.view);
    if (sheet !== undefined && sheet !== this.#painted) {
      const { drawing, limit, scale } = sheet;
      this.#pane.paint(drawing.rgba, drawing.plane.width, drawing.plane.height);
      this.#pane.canvas.classList.toggle("xai-crisp", drawing.plane.width <= SMALL);
      this.#legend.show(limit, scale, sheet.ends);
      this.#painted = sheet;
      this.#point();
    }
    style(this.element, { "--ratio": (sheet?.drawing.plane.width ?? 1) / (sheet?.drawing.plane.height ?? 1) });
    this.#pane.outline(header?.outline);
    this.#pane.behind(this.scene.behind?.(this.view));
    this.#table.replace(this.#pane.element, sheet);
    const words = store.errors.get(this.view) ?? "";
    tell(this.#error, words);
    this.element.classList.toggle("xai-failed", words !== "");
    const current = frame !== undefined && store.current.includes(store.views[this.view] as never);
    const fraction = current ? Math.min(1, frame.evaluations / (frame.planned || 1)) : 0;
    const done = current && (frame.final || frame.stopped);
    this.#fill.style.width = percentage(fraction);
    this.#progress.hidden = done || words !== "";
    const said = current && words === "" ? this.#progressWords(done) : "";
    write(this.#state, said);
    // The whole of it, where the tile is too narrow.
    this.#state.title = said;
  }

  #progressWords(done: boolean): string {
    const { frame } = this.scene.store.views[this.view] ?? {};
    return frame === undefined ? "" : stateWords(summary([frame]), !done);
  }
}

/** So many columns that the rows are as even as they can be: five stand in three and two. */
function columnsFor(tiles: number): number {
  return tiles <= 3 ? Math.max(tiles, 2) : Math.ceil(tiles / Math.ceil(tiles / 4));
}

/** Several methods of one picture, each with a scale of its own. */
export class Grid {
  readonly element: HTMLElement;

  constructor(scene: Scene, cells: number) {
    const { store, signal } = scene;
    const tiles = Array.from({ length: cells * store.catalogue.models.length }, (_, view) => new Tile(scene, view));
    const add = new Picker("Add a method", (name) => store.addCell(name), signal, "+ Add a method");
    const note = h("p", { class: "xai-quiet" }, "Each map has a colour scale of its own: units differ.");
    const all = tiles.map(({ element }) => element);
    const grid = h("div", { class: "xai-grid", role: "group", "aria-label": "Methods" }, ...all);
    arrange(scene, grid);
    this.element = h("div", { class: "xai-grid-stage" }, grid, h("div", { class: "xai-grid-foot" }, note, add.element));
    style(grid, { "--columns": columnsFor(tiles.length) });
    const offer = (): void => add.show(families(store.catalogue, store.refusals), "");
    const show = (): void => {
      add.element.hidden = store.cells.length >= MOST;
      for (const tile of tiles) tile.show();
    };
    store.signals.follow(["offer"], offer, signal);
    store.signals.follow(["frames", "display", "question"], show, signal);
  }
}
