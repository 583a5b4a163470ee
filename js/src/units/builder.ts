import { Menu } from "../shared/controls/menu";
import { attribute, button, h, percentage, style, write } from "../shared/dom";
import { same } from "../shared/same";
import { renewals } from "../shared/signals";
import { percent, score } from "../shared/words";
import { FIRST, type Formula, formulaWords, JOINS } from "./formula";
import type { UnitsScene } from "./scene";

/** So many concepts a formula may have: more say less. */
const MOST = 4;

/** A bar from 0 to 1 with marks of what could be reached. */
class FitBar {
  readonly #filled = h("i", { class: "xai-fit-filled" });
  readonly #ceiling = h("i", { class: "xai-fit-ceiling", title: "What this formula could reach at most" });
  readonly #optimum = h("i", { class: "xai-fit-optimum", title: "What the best formula reaches, however long" });
  readonly element = h("div", { class: "xai-fit-bar", role: "img" }, this.#filled, this.#ceiling, this.#optimum);

  show(iou: number, ceiling: number, optimum: number): void {
    style(this.#filled, { width: percentage(iou) });
    style(this.#ceiling, { left: percentage(ceiling) });
    style(this.#optimum, { left: percentage(optimum) });
    attribute(
      this.element,
      "aria-label",
      `Intersection over union ${score(iou)}, at most ${score(ceiling)}; the best of any formula ${score(optimum)}`,
    );
  }
}

/** The formula, piece by piece, and how well it fits: counted in the page, over all pictures. */
export function builder({ store, signal }: UnitsScene): HTMLElement {
  const pieces = h("div", { class: "xai-formula", role: "group", "aria-label": "Formula" });
  const value = h("b", { class: "xai-fit-value" });
  const bar = new FitBar();
  const most = h("span", { class: "xai-fit-most" });
  const any = h("span", { class: "xai-fit-any" });
  const limits = h("p", { class: "xai-quiet xai-fit-limits" }, most, any);
  const best = button("", () => store.setFormula(found), signal, { class: "xai-fit-best" });
  const { concepts } = store.catalogue;
  const renewed = renewals(signal);
  const items = [{ heading: null, items: concepts.map((concept) => ({ value: concept, label: concept })) }];
  const joins = [{ heading: null, items: JOINS.map((join) => ({ value: join, label: join })) }];
  const firsts = [{ heading: null, items: FIRST.map((join) => ({ value: join, label: join || "is" })) }];
  let found: Formula = [];
  let built: Formula | undefined;
  const build = (formula: Formula): void => {
    const own = renewed();
    const parts = formula.map(([join, concept], place) => {
      const piece = h("span", { class: "xai-piece" });
      const how = new Menu("How it is joined", (chosen) => store.setJoin(place, chosen), own);
      how.show(place === 0 ? firsts : joins, join);
      piece.append(how.element);
      const menu = new Menu(`Concept ${place + 1}`, (chosen) => store.setConcept(place, chosen), own);
      menu.show(items, concept);
      piece.append(menu.element);
      if (formula.length > 1) {
        const words = { class: "xai-piece-away", title: `Take ${concept} away`, "aria-label": `Take ${concept} away` };
        piece.append(button("×", () => store.removeConcept(place), own, words));
      }
      return piece;
    });
    const next = concepts.find((concept) => !formula.some(([, known]) => known === concept));
    if (formula.length < MOST && next !== undefined) {
      parts.push(button("+ Concept", () => store.setConcept(formula.length, next), own, { class: "xai-piece-more" }));
    }
    pieces.replaceChildren(...parts);
  };
  const show = (): void => {
    const { formula, fit } = store;
    const { frame } = store.seen;
    if (built === undefined || !same(built, formula)) {
      built = formula;
      build(formula);
    }
    if (fit === undefined || frame === undefined) return;
    write(value, score(fit.iou));
    bar.show(fit.iou, fit.ceiling, frame.optimum);
    write(most, `at most ${score(fit.ceiling)}, as it holds ${percent(fit.share)} of all places`);
    write(any, `best of any formula ${score(frame.optimum)}`);
    found = frame.best?.formula ?? [];
    best.hidden = frame.best === null || same(found, formula);
    write(best, frame.best === null ? "" : `Best of three: ${formulaWords(found)} ${score(frame.best.iou)}`);
  };
  store.signals.follow(["question", "frames"], show, signal);
  return h(
    "section",
    { class: "xai-units-builder", "aria-label": "What the unit responds to" },
    h("h3", {}, "Is it this?"),
    pieces,
    h("div", { class: "xai-fit" }, h("span", { title: "Intersection over union, over all pictures" }, "IoU"), value),
    bar.element,
    limits,
    best,
  );
}
