import { attribute, h, style, tell } from "../shared/dom";
import { Pane, SMALL } from "../shared/explanation/picture";
import { type Pointing, pointAt } from "../shared/explanation/pointing";
import { Drawing } from "../shared/pixels/drawing";
import type { Sheet } from "./scale";
import type { InputsStore } from "./store";

/** A picture among the inputs, with its map over it or beside it. */
export class PicturePanel {
  readonly element: HTMLElement;
  readonly note = h("span", { class: "xai-quiet", hidden: true });
  readonly #map = new Pane();
  readonly #photo = new Pane();
  readonly #panes: HTMLElement;
  readonly #drawing = new Drawing();
  readonly #point: () => void;
  /** What is said of its colours, and so many times as strong they are as those of the scale. */
  #stronger = "";
  #factor = 1;

  constructor(
    private readonly store: InputsStore,
    private readonly part: number,
    pointing: Pointing & { readonly signal: AbortSignal },
    point: (value: number | null) => void,
  ) {
    this.#panes = h("div", { class: "xai-panes", role: "img" }, this.#photo.element, this.#map.element);
    this.element = h("div", { class: "xai-part-picture" }, this.#panes);
    this.#point = pointAt(
      pointing,
      0,
      this.#panes,
      [this.#map, this.#photo],
      () => this.#drawing,
      (value, words) => {
        point(value === null ? null : value * this.#factor);
        tell(this.note, words || this.#stronger);
      },
    );
  }

  show({ parts, index, look, limit, times }: Sheet): void {
    const { said, map } = parts[this.part] ?? {};
    const photo = this.store.photo(index, this.part);
    if (said === undefined || map === undefined || photo === undefined) return;
    const factor = times[this.part] ?? 1;
    this.#factor = factor;
    this.#drawing.lay(map, said.shape, photo, look);
    this.#drawing.paint(look, limit / factor);
    const { rgba, plane } = this.#drawing;
    this.#map.paint(rgba, plane.width, plane.height);
    const beside = look.layout === "beside";
    this.#photo.element.hidden = !beside;
    if (beside) this.#photo.paint(photo.rgba, photo.width, photo.height);
    const { width, height } = plane;
    // What a held space bar shows is the picture of this part, not the one that stands for the input.
    style(this.element, { "--xai-given": `url("${this.store.given(index, this.part)?.src ?? ""}")` });
    style(this.element, { "--xai-columns": beside ? 2 : 1, "--xai-width": width, "--xai-height": height });
    for (const { canvas } of [this.#map, this.#photo])
      canvas.classList.toggle("xai-crisp", Math.max(width, height) <= SMALL);
    const name = this.store.parts[this.part]?.name ?? "";
    attribute(this.#panes, "aria-label", `Map over ${name}. Arrow keys read its values.`);
    this.#stronger = factor > 1 ? `× ${factor} in colour` : "";
    this.note.title = `One pixel counts little: its colours are ${factor} times as strong as those of the scale.`;
    this.#point();
  }
}
