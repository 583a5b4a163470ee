import { Menu } from "../shared/controls/menu";
import { h } from "../shared/dom";
import { UnitCells } from "../shared/explanation/unit_cells";
import type { ExciteScene } from "./scene";

/** The channels of a layer: a click excites one of them. */
export function channels({ store, signal }: ExciteScene): HTMLElement {
  const layer = new Menu("Layer of the channels", (name) => store.decide({ layer: name }), signal);
  const layersOf = new Map(
    Object.entries(store.catalogue.networks).map(([name, layers]) => [
      name,
      [{ heading: null, items: layers.map((value) => ({ value, label: value })) }],
    ]),
  );
  const cells = new UnitCells("Channels of the layer", (channel) => store.exciteChannel(channel), signal);
  const section = h(
    "section",
    { class: "xai-excite-channels", "aria-label": "Channels" },
    h("h3", {}, "Channels of", layer.element),
    cells.element,
  );
  const show = (): void => {
    const { question, inverts, grown } = store;
    section.hidden = inverts;
    layer.show(layersOf.get(question.network) ?? [], question.layer);
    cells.show(grown.header?.channels ?? 0, (channel) => ({
      words: `Channel ${channel} of ${question.layer}`,
      pressed: channel === question.channel,
    }));
  };
  store.signals.follow(["question", "frames"], show, signal);
  return section;
}
