import { attribute, button, h, style } from "../shared/dom";
import { renewals } from "../shared/signals";
import { score } from "../shared/words";
import type { UnitsScene } from "./scene";

/** So many units stand with their numbers; those of more are told on demand. */
const MOST_NUMBERED = 100;

/** All units of the layer: the darker, the better a single concept fits. */
export function grid({ store, signal }: UnitsScene): HTMLElement {
  const cells = h("div", { class: "xai-units-cells", role: "group", "aria-label": "Units of the layer" });
  const heading = h("h3", {}, "Units");
  const renewed = renewals(signal);
  let built: HTMLButtonElement[] = [];
  const build = (count: number): void => {
    const own = renewed();
    built = Array.from({ length: count }, (_, unit) =>
      button(String(unit), () => store.open(unit), own, { class: "xai-unit" }),
    );
    cells.replaceChildren(...built);
    style(cells, { "--columns": Math.ceil(Math.sqrt(count)) });
    // Their numbers would have no room.
    cells.classList.toggle("xai-units-many", count > MOST_NUMBERED);
  };
  const show = (): void => {
    const { frame } = store.seen;
    const { without } = store.question;
    const rows = frame?.rows ?? [];
    if (rows.length !== built.length) build(rows.length);
    const most = Math.max(...rows.map(({ iou }) => iou), 0);
    built.forEach((cell, number) => {
      const { concept = 0, iou = 0 } = rows[number] ?? {};
      const out = without.includes(number);
      cell.title = `Unit ${number}: ${store.catalogue.concepts[concept] ?? ""} ${score(iou)}${out ? ", taken out" : ""}`;
      attribute(cell, "aria-label", cell.title);
      attribute(cell, "aria-pressed", number === store.unit);
      cell.classList.toggle("xai-unit-out", out);
      style(cell, { "--fits": most > 0 ? (iou / most).toFixed(2) : "0" });
    });
  };
  store.signals.follow(["question", "frames"], show, signal);
  return h("section", { class: "xai-units-grid", "aria-label": "Units" }, heading, cells);
}
