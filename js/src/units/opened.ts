import { optionControl } from "../shared/controls/option_control";
import { attribute, button, h, style, write } from "../shared/dom";
import { Pane, SMALL } from "../shared/explanation/picture";
import type { Photo } from "../shared/pixels/photo";
import type { OptionEntry } from "../shared/protocol";
import { renewals } from "../shared/signals";
import { formulaWords } from "./formula";
import type { UnitsScene } from "./scene";
import { lit, where } from "./seen";

/** What is left of the brightness where a unit is off. */
const DIMMED = 0.28;

/** A picture that is dark where the unit is off. */
function dimmed({ rgba, width, height }: Photo, on: Uint8Array): Uint8ClampedArray<ArrayBuffer> {
  const found = new Uint8ClampedArray(rgba);
  for (let place = 0; place < width * height; place++) {
    if (on[place] === 1) continue;
    for (let color = 0; color < 3; color++) found[4 * place + color] = (found[4 * place + color] ?? 0) * DIMMED;
  }
  return found;
}

/** One of the pictures as the unit sees it, and where it is large with the border of what the formula holds. */
function paint(pane: Pane, { store }: UnitsScene, place: number, bordered: boolean): void {
  const { frame } = store.seen;
  const photo = store.photo(frame?.top[place] ?? -1);
  if (frame === undefined || photo === undefined) return;
  const { width, height } = photo;
  pane.paint(dimmed(photo, lit(frame, place, width, height)), width, height);
  pane.canvas.classList.toggle("xai-crisp", width <= SMALL);
  if (bordered) pane.outline(where(frame, place, store.fit?.inside ?? [], width, height));
}

/** The picture in view, large, those at which the unit is on most, and the slider of how often it counts as on. */
export function opened(scene: UnitsScene): HTMLElement {
  const { store, signal } = scene;
  const pane = new Pane();
  const name = h("b");
  const which = h("span", { class: "xai-quiet", role: "status" });
  const strip = h("div", {
    class: "xai-units-top",
    role: "group",
    "aria-label": "Pictures at which the unit says most",
  });
  const along = h("div", { class: "xai-units-along" });
  const figure = h(
    "figure",
    { class: "xai-units-picture" },
    h("figcaption", {}, name, which),
    h("div", { class: "xai-units-pane" }, pane.element),
  );
  attribute(pane.element, "role", "img");
  const renewed = renewals(signal);
  const quantile = store.method.options.find(({ name: option }) => option === "quantile") as OptionEntry;
  const control = optionControl(
    quantile,
    {
      hold: (held) => store.hold(quantile.name, held),
      move: (value) => store.moveOption(quantile.name, value),
      settle: () => store.settle(),
    },
    signal,
  );
  along.replaceChildren(control.element);
  let small: Pane[] = [];
  let shown = "";
  const show = (): void => {
    const { frame, header } = store.seen;
    const { layer, index, options } = store.question;
    const { unit, picture = index } = store;
    const top = frame?.top ?? [];
    if (shown !== top.join()) {
      shown = top.join();
      const own = renewed();
      small = top.map(() => new Pane());
      strip.replaceChildren(
        ...top.map((number, place) => {
          const cell = button("", () => store.choose({ index: place }), own, {
            title: `Picture ${number + 1}`,
            "aria-label": `Picture ${number + 1}, number ${place + 1} of those at which the unit says most`,
          });
          cell.replaceChildren((small[place] as Pane).element);
          return cell;
        }),
      );
    }
    write(name, unit === undefined ? layer : `Unit ${unit} of ${layer}`);
    write(which, frame === undefined ? "" : `bright where it is on, bordered: ${formulaWords(store.formula)}`);
    control.show(options[quantile.name]);
    const { width = 1, height = 1 } = store.catalogue.pictures[picture] ?? {};
    style(figure, { "--ratio": width / height });
    paint(pane, scene, index, true);
    top.forEach((_, place) => {
      paint(small[place] as Pane, scene, place, false);
      attribute(strip.children[place] as HTMLElement, "aria-pressed", place === index);
    });
    const formula = formulaWords(store.formula);
    const words = `Picture ${picture + 1}: bright where unit ${unit} of ${header?.state.layer ?? layer} is on, bordered where ${formula} is`;
    attribute(pane.element, "aria-label", words);
  };
  store.signals.follow(["question", "frames", "display"], show, signal);
  return h("section", { class: "xai-units-opened", "aria-label": "The unit in view" }, figure, strip, along);
}
