import { optionControl } from "../shared/controls/option_control";
import { h } from "../shared/dom";
import { TopPictures } from "../shared/explanation/top_pictures";
import { dimmed } from "../shared/pixels/dimmed";
import type { OptionEntry } from "../shared/protocol";
import { formulaWords } from "./formula";
import type { UnitsScene } from "./scene";
import { lit, where } from "./seen";

/** The picture in view, large, those at which the unit is on most, and the slider of how often it counts as on. */
export function opened({ store, signal }: UnitsScene): HTMLElement {
  const pictures = new TopPictures("the unit says most", (index) => store.choose({ index }), signal);
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
  const show = (): void => {
    const { frame, header } = store.seen;
    const { layer, index, options } = store.question;
    const { unit, picture = index } = store;
    const formula = formulaWords(store.formula);
    control.show(options[quantile.name]);
    pictures.show({
      top: frame?.top ?? [],
      index,
      name: unit === undefined ? layer : `Unit ${unit} of ${layer}`,
      meaning: frame === undefined ? "" : `bright where it is on, bordered: ${formula}`,
      described: `Picture ${picture + 1}: bright where unit ${unit} of ${header?.state.layer ?? layer} is on, bordered where ${formula} is`,
      photo: (number) => store.photo(number),
      pixels: (photo, place) => {
        const { width, height } = photo;
        return dimmed(photo, frame === undefined ? [] : lit(frame, place, width, height));
      },
      over: (pane, { width, height }) => {
        if (frame !== undefined) pane.outline(where(frame, index, store.fit?.inside ?? [], width, height));
      },
    });
  };
  store.signals.follow(["question", "frames", "display"], show, signal);
  const along = h("div", { class: "xai-units-along" }, control.element);
  const label = { class: "xai-top-opened", "aria-label": "The unit in view" };
  return h("section", label, pictures.figure, pictures.strip, along);
}
