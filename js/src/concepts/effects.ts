import { slider } from "../shared/controls/slider";
import { attribute, button, h, percentage, style, write } from "../shared/dom";
import { number } from "../shared/words";
import { Lane } from "./lane";
import { type ConceptScene, toneOf } from "./scene";
import { cloud, ticks } from "./seen";

/** The slider along the layers, the first one at the left. */
function layers({ store, signal }: ConceptScene): HTMLElement {
  const names = store.catalogue.layers;
  const name = (value: number): string => names[value] ?? "";
  const control = slider(
    { low: 0, high: names.length - 1, step: 1, doublings: false, whole: true },
    {
      label: "Layer",
      sentence: "Where the concept is looked for, from the input to the output.",
      text: name,
      spoken: name,
    },
    {
      hold: (held) => store.hold("layer", held),
      move: (value) => store.move({ layer: name(Number(value)) }),
      settle: () => store.settle(),
    },
    signal,
  );
  store.signals.follow(["question"], () => control.show(names.indexOf(store.question.layer)), signal);
  return h("div", { class: "xai-concept-layers" }, control.element);
}

/** A row for each concept, and in it a lane for each model: the effect over the cloud of random splits. */
export function effects(scene: ConceptScene): HTMLElement {
  const { store, signal } = scene;
  const { concepts, models } = store.catalogue;
  const several = models.length > 1;
  const rows = concepts.map(({ name }) => {
    const open = button(name, () => store.choose({ concept: name }), signal, {
      class: "xai-effect-name",
      title: `Bring the pictures of ${name} into view, and steer along it`,
    });
    const lanes = models.map((model, view) => {
      const own = several ? h("span", { class: "xai-lane-name", title: model }, model) : open;
      return new Lane(own, toneOf(view));
    });
    const parts = lanes.flatMap((lane) => [lane.name, lane.track, lane.figures]);
    return { open, lanes, elements: several ? [open, ...parts] : parts };
  });
  const axis = h("span", { class: "xai-effect-axis", "aria-hidden": true });
  const unit = h("span", { class: "xai-effect-unit" });
  const body = h(
    "div",
    { class: several ? "xai-effects xai-effects-several" : "xai-effects" },
    ...rows.flatMap(({ elements }) => elements),
    h("span"),
    axis,
    unit,
  );
  // On the stage they share the height: a heading takes less than a lane.
  style(body, { "--rows": concepts.length * (models.length + (several ? 0.7 : 0)) });
  const show = (): void => {
    const { scale, measured } = store;
    const [low, high] = scale;
    rows.forEach(({ open, lanes }, concept) => {
      attribute(open, "aria-pressed", concepts[concept]?.name === store.question.concept);
      lanes.forEach((lane, view) => {
        const frame = store.frames[view];
        lane.show(frame?.rows[concept], frame === undefined ? [] : cloud(frame, concept), scale, measured);
      });
    });
    axis.replaceChildren(
      ...ticks(scale).map((value) => {
        const tick = h("i", {}, number(value, 3));
        style(tick, { left: percentage((value - low) / (high - low)) });
        return tick;
      }),
    );
    write(unit, measured);
  };
  store.signals.follow(["question", "frames"], show, signal);
  const key = h(
    "p",
    { class: "xai-effect-key xai-quiet" },
    h("span", {}, h("i", { class: "xai-effect-dot" }), "effect and its standard error"),
    h("span", {}, h("i", { class: "xai-cloud-key" }), "random splits of the same pictures"),
    h("span", {}, h("i", { class: "xai-really" }, "×"), "what really changes"),
  );
  return h("section", { class: "xai-concept-effects", "aria-label": "Effects" }, body, key, layers(scene));
}
