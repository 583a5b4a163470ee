import type { Section } from "../controls/menu";
import { SearchMenu } from "../controls/search_menu";
import { h } from "../dom";
import type { Store } from "./store";

const MOST = "";

/** "why channel 12 of conv2": the menus that stand in the sentence where a channel is explained and no class. */
export function channelMenu(
  store: Store,
  signal: AbortSignal,
): { element: HTMLElement; show(explained: string): void } {
  const channels = new SearchMenu(
    "Channel explained",
    "channel",
    (value) => store.choose({ channel: value === MOST ? null : Number(value) }),
    signal,
  );
  const layers = new SearchMenu(
    "Layer of the channel",
    "layer",
    (layer) => store.decide({ channel_layer: layer }),
    signal,
  );
  const layerItems: Section[] = [
    { heading: "Layers", items: store.catalogue.layers.map((name) => ({ value: name, label: name })) },
  ];
  const element = h(
    "span",
    { class: "xai-part" },
    h("span", {}, "why channel"),
    channels.element,
    h("span", {}, "of"),
    layers.element,
  );
  let count = -1;
  let numbers: Section[] = [];
  return {
    element,
    /** Shows which channel is explained; `explained` is the class on which it may be the most influential one. */
    show(explained) {
      const { channel, channel_layer: layer } = store.question;
      const known = store.headers.filter((header) => header.channel && header.state.channel_layer === layer);
      const found = new Set(known.filter(({ state }) => state.channel === null).map((header) => header.channel?.index));
      const largest = Math.max(known[0]?.channel?.count ?? 0, channel === null ? 0 : channel + 1);
      if (largest !== count) {
        count = largest;
        const items = Array.from({ length: count }, (_, index) => ({ value: String(index), label: String(index) }));
        numbers = [{ heading: "Channels", items }];
      }
      const which =
        found.size === 1 && channel === null ? `${[...found][0]}, the most influential` : "most influential";
      channels.show(
        channel === null ? MOST : String(channel),
        [{ value: MOST, label: `${which} on ${explained}` }],
        numbers,
      );
      layers.show(layer ?? "", [], layerItems);
    },
  };
}
