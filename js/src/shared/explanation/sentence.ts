import type { Section } from "../controls/menu";
import { SearchMenu } from "../controls/search_menu";
import { h, tell, write } from "../dom";
import type { Prediction } from "../protocol";
import { channelMenu } from "./channels";
import { ClassMenu } from "./classes";
import { methodPicker } from "./methods";
import type { StoreScene } from "./scene";

const INPUT = "";

/** The top classes of all models, the best of each first. */
function topClasses(predictions: readonly (readonly Prediction[])[]): Prediction[] {
  const seen = new Map<number, Prediction>();
  const longest = Math.max(0, ...predictions.map(({ length }) => length));
  for (let place = 0; place < longest; place++) {
    for (const list of predictions) {
      const entry = list[place];
      if (entry !== undefined && !seen.has(entry.index)) seen.set(entry.index, entry);
    }
  }
  return [...seen.values()];
}

/** The line on top: a method, why this class, rather than which, or why this channel, and at which layer. */
export function sentence({ store, signal }: StoreScene): HTMLElement {
  const { catalogue } = store;
  const methods = methodPicker({ store, signal }, "Method");
  const target = new ClassMenu(
    "Class explained",
    catalogue.classes,
    (index) => store.choose({ target: index }),
    signal,
  );
  const contrast = new ClassMenu(
    "Rather than which class",
    catalogue.classes,
    (index) => store.choose({ contrast: index }),
    signal,
  );
  const layers = new SearchMenu(
    "Layer",
    "layer",
    (name) => store.choose({ layer: name === INPUT ? null : name }),
    signal,
  );
  /** The layer that a method chose where none was named. */
  const chosen = new Map<string, string>();
  let listed: readonly string[] | undefined;
  let layerItems: Section[] = [];
  const showLayers = (): void => {
    const { question, method } = store;
    for (const { frame, header } of store.focused) {
      if (header?.state.layer === null && frame?.layer) chosen.set(header.state.method, frame.layer);
    }
    const own = chosen.get(method.name);
    const first = method.needs_layer === true ? `${own ?? "a layer"} (default)` : `input${own ? `, at ${own}` : ""}`;
    const names = store.layersOf(method);
    if (names !== listed) {
      listed = names;
      layerItems = [{ heading: "Layers", items: names.map((name) => ({ value: name, label: name })) }];
    }
    layers.show(question.layer ?? INPUT, [{ value: INPUT, label: first }], layerItems);
  };
  const part = (word: string, menu: HTMLElement): HTMLElement =>
    h("span", { class: "xai-part" }, h("span", {}, word), menu);
  const of = h("span", {}, "why");
  const why = h("span", { class: "xai-part" }, of, target.element);
  const rather = part("rather than", contrast.element);
  const alike = h("span", { class: "xai-quiet" });
  const at = part("at", layers.element);
  const kind = catalogue.segmentation === true ? "largest" : "top";
  const hasClasses = catalogue.classes.length > 1;
  const channel = channelMenu(store, signal);

  const show = (): void => {
    const { question, method } = store;
    const { headers } = store;
    // What was found for the top class is known where none was chosen.
    const best = new Set(
      headers.map(({ explained, state, predictions: list }) =>
        state.target === null ? (explained ?? list[0]?.index) : list[0]?.index,
      ),
    );
    const [first] = best;
    const agreed = best.size === 1 && first !== undefined ? first : null;
    const none = agreed === null ? `the ${kind} class` : `${catalogue.classes[agreed] ?? agreed} (${kind})`;
    const top = topClasses(headers.map(({ predictions }) => predictions));
    target.show(question.target, none, top, question.contrast);
    contrast.show(question.contrast, "nothing else", top, question.target ?? agreed);
    const plain = catalogue.segmentation === true ? "why the segment" : "why";
    const { of_layer: ofLayer = false, compares = true } = store.quantity ?? {};
    why.hidden = ofLayer || !hasClasses;
    tell(alike, (!why.hidden && method.alike) || "");
    rather.hidden = why.hidden || !compares || !alike.hidden;
    channel.element.hidden = !ofLayer;
    if (ofLayer) channel.show(question.target === null ? none : (catalogue.classes[question.target] ?? ""));
    write(of, question.quantity === catalogue.quantities?.[0]?.name ? plain : `why the ${store.quantity?.label} of`);
    at.hidden = !method.takes_layer || catalogue.layers.length === 0;
    showLayers();
  };
  store.signals.follow(["question", "frames", "offer"], show, signal);
  return h("div", { class: "xai-sentence" }, methods.element, why, alike, rather, channel.element, at);
}
