import { h, write } from "../dom";
import type { Header, Prediction } from "../protocol";
import { score } from "../words";

/** The best classes that are always shown, and with the explained one and the one it is compared with at most. */
const BEST = 3;
const SHOWN = BEST + 2;

function amount(prediction: Prediction): number {
  return prediction.probability ?? prediction.value ?? 0;
}

/** The value of a prediction in words. */
export function predictionValue(prediction: Prediction): string {
  return score(amount(prediction));
}

/** The top classes with their scores, and the classes that are asked about. */
export class Bars {
  readonly element = h("ul", { class: "xai-bars", "aria-label": "Top classes" });
  private readonly rows = Array.from({ length: SHOWN }, () => {
    const name = h("span", { class: "xai-bar-name" });
    const fill = h("span");
    const value = h("span", { class: "xai-bar-value" });
    const row = h("li", { hidden: true }, name, h("span", { class: "xai-bar", "aria-hidden": true }, fill), value);
    return { row, name, fill, value };
  });

  constructor() {
    this.element.append(...this.rows.map(({ row }) => row));
  }

  show({ predictions, state, explained: found }: Header): void {
    const explained = state.target ?? found ?? predictions[0]?.index;
    const largest = Math.max(...predictions.map((prediction) => Math.abs(amount(prediction))));
    const shown = predictions.filter(
      ({ index }, place) => place < BEST || index === explained || index === state.contrast,
    );
    this.rows.forEach(({ row, name, fill, value }, place) => {
      const prediction = shown[place];
      row.hidden = prediction === undefined;
      if (prediction === undefined) return;
      write(name, prediction.name);
      name.title = prediction.name;
      write(value, predictionValue(prediction));
      const length = prediction.probability ?? Math.abs(amount(prediction)) / (largest || 1);
      fill.style.width = `${(100 * length).toFixed(1)}%`;
      row.classList.toggle("xai-explained", prediction.index === explained);
      row.classList.toggle("xai-contrast", prediction.index === state.contrast);
    });
  }
}
