import { h } from "../shared/dom";
import { UnitCells } from "../shared/explanation/unit_cells";
import { score } from "../shared/words";
import type { UnitsScene } from "./scene";

/** All units of the layer: the darker, the better a single concept fits. */
export function grid({ store, signal }: UnitsScene): HTMLElement {
  const cells = new UnitCells("Units of the layer", (unit) => store.open(unit), signal);
  const show = (): void => {
    const { without } = store.question;
    const rows = store.seen.frame?.rows ?? [];
    const most = Math.max(...rows.map(({ iou }) => iou), 0);
    cells.show(rows.length, (unit) => {
      const { concept = 0, iou = 0 } = rows[unit] ?? {};
      const out = without.includes(unit);
      const words = `Unit ${unit}: ${store.catalogue.concepts[concept] ?? ""} ${score(iou)}${out ? ", taken out" : ""}`;
      return { words, pressed: unit === store.unit, out, fits: most > 0 ? iou / most : 0 };
    });
  };
  store.signals.follow(["question", "frames"], show, signal);
  return h("section", { class: "xai-units-grid", "aria-label": "Units" }, h("h3", {}, "Units"), cells.element);
}
