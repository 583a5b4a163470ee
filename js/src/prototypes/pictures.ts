import { attribute, h, style, svg, write } from "../shared/dom";
import { Pane, SMALL } from "../shared/explanation/picture";
import type { Photo } from "../shared/pixels/photo";
import type { PrototypeRow } from "../shared/protocol";
import type { PrototypeScene } from "./scene";

/** A picture with frames around what places have seen of it. */
class Framed {
  readonly #pane = new Pane();
  readonly #name = h("b");
  readonly #frames = svg("svg", { class: "xai-bill-frames", viewBox: "0 0 1 1", preserveAspectRatio: "none" });
  readonly element = h(
    "figure",
    { class: "xai-bill-picture" },
    h("figcaption", {}, this.#name),
    h("div", { class: "xai-bill-frame" }, this.#pane.element),
  );

  constructor() {
    attribute(this.#pane.element, "role", "img");
    attribute(this.#frames, "aria-hidden", true);
    this.#pane.element.append(this.#frames);
  }

  show(name: string, described: string, photo: Photo | undefined, windows: readonly (readonly number[])[]): void {
    write(this.#name, name);
    attribute(this.#pane.element, "aria-label", described);
    if (photo !== undefined) {
      this.#pane.paint(photo.rgba, photo.width, photo.height);
      this.#pane.canvas.classList.toggle("xai-crisp", photo.width <= SMALL);
      style(this.element, { "--ratio": photo.width / photo.height });
    }
    this.#pane.element.classList.toggle("xai-bill-blank", photo === undefined);
    // The first one is looked at: it lies over the others.
    const boxes = windows.map(([x = 0, y = 0, width = 0, height = 0]) => ({ x, y, width, height }));
    const others = boxes.slice(1).map((box) => svg("rect", { ...box, class: "xai-bill-other" }));
    const looked = boxes
      .slice(0, 1)
      .flatMap((box) => ["under", "over"].map((kind) => svg("rect", { ...box, class: `xai-bill-${kind}` })));
    this.#frames.replaceChildren(...others, ...looked);
  }
}

/** The picture in view with what was seen of it, and the training picture that the item in view comes from. */
export function pictures({ store, signal }: PrototypeScene): HTMLElement {
  const [here, there] = [new Framed(), new Framed()];
  const show = (): void => {
    const { frame } = store.seen;
    const { index, without } = store.question;
    const { looked } = store;
    const others = (frame?.rows ?? []).filter(({ unit }) => unit !== looked?.unit && !without.includes(unit));
    const windows = [...(looked === undefined ? [] : [looked]), ...others].map((row: PrototypeRow) => row.this);
    const label = store.catalogue.pictures[index]?.label ?? "";
    const named = looked === undefined ? "" : ` for ${looked.name}`;
    here.show(`this: ${label}`, `${label}, framed where it looks like prototypes${named}`, store.photo(index), windows);
    const known = looked !== undefined && looked.that.length > 0;
    const words = known ? `that: training ${looked.picture + 1}` : "that: training";
    const photo = known ? store.training(looked.picture) : undefined;
    there.show(words, `${words}, framed where it is ${looked?.name ?? ""}`, photo, known ? [looked.that] : []);
  };
  store.signals.follow(["question", "frames"], show, signal);
  return h("div", { class: "xai-bill-pictures" }, here.element, there.element);
}
