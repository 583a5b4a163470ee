import { h, write } from "../shared/dom";
import { Bars, predictionValue } from "../shared/explanation/bars";
import { Legend } from "../shared/explanation/legend";
import { type Pointing, pointing } from "../shared/explanation/pointing";
import { Division } from "./division";
import { PicturePanel } from "./picture";
import { RowPanel } from "./row";
import type { OneScale, Sheet } from "./scale";
import { Shares, signed } from "./shares";
import type { InputsStore } from "./store";
import { TextPanel } from "./text";

interface Panel {
  readonly element: HTMLElement;
  readonly note?: HTMLElement;
  show(sheet: Sheet): void;
}

/** Where the pointer is in each part: the same in all models. */
export function pointings(store: InputsStore, signal: AbortSignal): readonly Pointing[] {
  return store.parts.map(() => pointing(signal));
}

/** One model: what each input adds, a panel for each, what the colours mean, and its top classes. */
export class Panels {
  readonly element: HTMLElement;
  readonly #shares: Shares;
  readonly #panels: readonly Panel[];
  readonly #sums: readonly HTMLElement[];
  readonly #divisions: readonly Division[];
  readonly #legend = new Legend();
  readonly #bars: Bars;
  readonly #says = h("span", { class: "xai-aside" });

  constructor(
    private readonly store: InputsStore,
    private readonly scale: OneScale,
    private readonly view: number,
    pointers: readonly Pointing[],
    signal: AbortSignal,
  ) {
    const name = store.catalogue.models[view] ?? "";
    const point = (value: number | null): void => this.#legend.point(value);
    const panel = (kind: string, part: number): Panel => {
      if (kind === "picture") {
        return new PicturePanel(
          store,
          part,
          Object.assign(Object.create(pointers[part] as Pointing), { signal }),
          point,
        );
      }
      return kind === "text"
        ? new TextPanel(store, part, view === 0, signal)
        : new RowPanel(store, part, view === 0, signal);
    };
    this.#panels = store.parts.map(({ kind }, part) => panel(kind, part));
    this.#sums = store.parts.map(() => h("b", { class: "xai-part-sum" }));
    this.#divisions = store.parts.map((_, part) => new Division(store, part, view === 0, signal));
    const figures = this.#panels.map(({ element, note }, part) => {
      const { kind, name = "" } = store.parts[part] ?? {};
      const { element: division, below } = this.#divisions[part] as Division;
      const heading = h("h4", {}, name, ...(note === undefined ? [] : [note]));
      return h(
        "section",
        { class: `xai-part-panel xai-of-${kind}`, "aria-label": name },
        h("header", { class: "xai-part-head" }, heading, division, this.#sums[part] as HTMLElement),
        below,
        element,
      );
    });
    this.#shares = new Shares(store.parts.map((part) => part.name));
    this.#bars = new Bars(store, view);
    const inner = h(
      "section",
      { class: "xai-input-panels", "aria-label": name || "The inputs" },
      ...(name === "" ? [] : [h("header", { class: "xai-input-name" }, h("b", { title: name }, name), this.#says)]),
      this.#shares.element,
      ...(["xai-input-pictures", "xai-input-rest"] as const).flatMap((kind, rest) => {
        const own = figures.filter((_, part) => (store.parts[part]?.kind === "picture") === (rest === 0));
        return own.length === 0 ? [] : [h("div", { class: kind }, ...own)];
      }),
      h("footer", {}, this.#legend.element, this.#bars.element),
    );
    this.element = h("div", { class: "xai-inputs-of" }, inner);
    const divide = (): void => {
      for (const division of this.#divisions) division.show();
      // Where nothing is switched on and off there is nothing to choose.
      this.element.classList.toggle(
        "xai-divides",
        this.#divisions.some(({ element }) => !element.hidden),
      );
    };
    store.signals.follow(["question", "offer"], divide, signal);
    store.signals.follow(["frames", "display", "question"], () => this.#show(), signal);
  }

  #show(): void {
    const { store, view } = this;
    const header = store.header(view);
    const sheet = this.scale.sheet(view);
    this.element.classList.toggle("xai-outdated", store.errors.has(view));
    if (header === undefined || sheet === undefined) return;
    this.#bars.show(header);
    this.#shares.show(sheet, header.quantity);
    for (const panel of this.#panels) panel.show(sheet);
    sheet.shares?.forEach((share, part) => {
      write(this.#sums[part] as HTMLElement, signed(share));
    });
    for (const sum of this.#sums) sum.hidden = sheet.shares === null;
    const { colormap, sign } = sheet.look;
    this.#legend.show(sheet.limit, { colormap, sign, opacity: 1, under: undefined }, sheet.ends);
    const [top] = header.predictions;
    write(this.#says, top === undefined ? "" : `says ${top.name}: ${predictionValue(top)}`);
  }
}
