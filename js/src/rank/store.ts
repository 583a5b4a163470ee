import type { AnyModel } from "@anywidget/types";
import { MethodsStore } from "../shared/explanation/methods_store";
import { moved } from "../shared/options";
import {
  type MetricEntry,
  type Progress,
  RANKING_TRAITS,
  type RankCatalogue,
  type Ranking,
  type RankMessage,
  type RankTraits,
} from "../shared/protocol";
import { fromWorst } from "./order";
import { Ranked } from "./ranked";

/** What one ranker knows: the methods, the metrics that judge them, and which picture of which cell is open. */
export class RankStore extends MethodsStore<Ranking, Ranked, RankCatalogue> {
  constructor(model: AnyModel<RankTraits>) {
    super(model, RANKING_TRAITS);
  }

  /** The table. */
  get table(): Ranked {
    return this.views[0] as Ranked;
  }

  /** The metric of the column that is open. */
  get metric(): MetricEntry | undefined {
    const name = this.question.metrics[this.question.column]?.metric;
    return this.catalogue.metrics.find((metric) => metric.name === name);
  }

  /** The pictures of a cell as far as they are judged, the worst first. */
  order(row: number, column: number): number[] {
    return fromWorst(this.table.cell(row, column), this.table.header?.better[column] ?? "higher");
  }

  /** Opens a cell at the picture that it is worst at; one that is not judged yet, at the picture in view. */
  open(row: number, column: number): void {
    this.choose({ row, column, index: this.order(row, column)[0] ?? this.question.index });
  }

  /** Adds a metric, with its options as they are at first. */
  addMetric(name: string): void {
    const { metrics } = this.question;
    this.decide({ metrics: [...metrics, { metric: name, options: {} }], column: metrics.length });
  }

  /** Takes a metric away. */
  removeMetric(place: number): void {
    const { column } = this.question;
    const metrics = this.question.metrics.filter((_, other) => other !== place);
    this.decide({ metrics, column: Math.min(column > place ? column - 1 : column, metrics.length - 1) });
  }

  /** Moves one option of the metric in view, live. */
  moveMetric(name: string, value: unknown): void {
    const { metrics, column } = this.question;
    const options = this.metric?.options ?? [];
    this.move({
      metrics: metrics.map((cell, place) =>
        place === column ? { ...cell, options: moved(options, cell.options, name, value) } : cell,
      ),
    });
  }

  protected newView(): Ranked {
    return new Ranked();
  }

  protected show(view: Ranked, frame: Progress, buffers: readonly unknown[]): void {
    view.take(frame as RankMessage, buffers);
  }

  protected message(view: Ranked): [RankMessage, Float32Array[]] | undefined {
    return view.message;
  }
}
