import { type Declared, optionControls, showOptions } from "../shared/controls/option_controls";
import { button, h, write } from "../shared/dom";
import { renewals } from "../shared/signals";
import type { RankScene } from "./scene";

/** The settings of the metric whose column is open. */
export function metricPanel({ store, signal }: RankScene): HTMLElement {
  const list = h("div", { class: "xai-controls" });
  const about = h("p", { class: "xai-quiet" });
  const away = button("Take it away", () => store.removeMetric(store.question.column), signal);
  const renewed = renewals(signal);
  let built = "";
  let controls: Declared[] = [];
  const show = (): void => {
    const { metric, question } = store;
    if (metric === undefined) return;
    if (built !== metric.name) {
      built = metric.name;
      controls = optionControls(
        metric.options,
        (name) => ({
          hold: (held) => store.hold(name, held),
          move: (value) => store.moveMetric(name, value),
          settle: () => store.settle(),
        }),
        (option) => option.default,
        renewed(),
      );
      list.replaceChildren(...controls.map(([, { element }]) => element));
      write(about, `${metric.label}: ${metric.sentence}`);
    }
    away.hidden = question.metrics.length < 2;
    showOptions(controls, question.metrics[question.column]?.options ?? {});
  };
  store.signals.follow(["question"], show, signal);
  return h("section", { "aria-label": "Settings of the metric" }, h("h3", {}, "Metric"), about, list, away);
}
