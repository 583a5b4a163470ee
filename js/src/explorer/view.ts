import { attribute, button, h } from "../shared/dom";
import { adder } from "../shared/explanation/adding";
import { card } from "../shared/explanation/card";
import { curtain } from "../shared/explanation/curtain";
import { displayPanel, methodPanel, pin, quantityControl, sliderStep } from "../shared/explanation/panel";
import { readout } from "../shared/explanation/readout";
import { sentence } from "../shared/explanation/sentence";
import { behind, kinds } from "./behind";
import { markingBar, predictFirstControl } from "./marking/bar";
import { stage } from "./stage";
import type { ExplorerStore } from "./store";

/** One view of an explorer. Whatever it listens to ends with `signal`; who made it takes the element away. */
export function view(store: ExplorerStore, signal: AbortSignal): HTMLElement {
  const drawn = { store, easel: store.easel, signal };
  const divider = curtain(drawn, kinds(store.catalogue.models));
  const scene = { ...drawn, behind: behind(drawn, divider) };
  const turn = (): void => (store.cells.length > 0 ? store.openCell(store.focus) : store.openGrid());
  const several = button("Grid", turn, signal, { "aria-pressed": false, title: "Several methods at once" });
  const pinned = pin();
  const beside = {
    above: quantityControl(scene),
    remark: () => store.focused[0]?.header?.remark ?? "",
    pin: pinned,
  };
  const showGrid = (): void => attribute(several, "aria-pressed", store.cells.length > 0);
  store.signals.follow(["question"], showGrid, signal);
  const { adds, columns } = store.catalogue;
  const ofTable = (columns ?? null) !== null;
  const adding = adds ? adder(store, adds, signal) : undefined;
  const root = card(scene, {
    name: "Explorer",
    kind: "xai-explorer",
    sentence: sentence(scene),
    actions: [several],
    stage: h("div", {}, stage(scene), markingBar(scene), pinned, ...(adding === undefined ? [] : [adding.notice])),
    end: adding?.tiles,
    settings: [
      methodPanel(scene, beside),
      ...predictFirstControl(scene),
      ofTable ? displayPanel(scene, [], "Bars") : displayPanel(scene, [divider.control]),
    ],
    readout: readout(scene),
    get steps() {
      if (store.hidden) return ["Mark the picture, then reveal the map."];
      return [
        ...sliderStep(pinned),
        `Point at a pixel: ${store.shownCells > 1 ? "its value" : "how its value arises"}.`,
      ];
    },
    curtain: divider,
    // The cells of a grid say themselves what is wrong with them.
    error: () => (store.shownCells > 1 && store.errors.size > 0 ? null : store.error),
  });
  adding?.listen(root);
  return root;
}
