import { slider } from "../shared/controls/slider";
import { attribute, button, h, write } from "../shared/dom";
import { Plot } from "../shared/plot";
import { same } from "../shared/same";
import { renewals } from "../shared/signals";
import { count } from "../shared/words";
import { classes } from "./classes";
import { signed } from "./lane";
import { type ConceptScene, toneOf } from "./scene";

/** Steps of the concept in words. */
function steps(value: number): string {
  return value === 0 ? "no step" : `${signed(value)} ${Math.abs(value) === 1 ? "step" : "steps"}`;
}

/** The picture that is steered, and the others that can be. */
function pictures({ store, signal }: ConceptScene): [HTMLElement, HTMLElement] {
  const large = h("img", { class: "xai-steered-picture" });
  const strip = h("div", { class: "xai-steered-strip", role: "group", "aria-label": "Pictures to steer" });
  const renewed = renewals(signal);
  let built: readonly number[] = [];
  const show = (): void => {
    const { index } = store.question;
    const { images, pictures: all } = store.catalogue;
    const added = store.added.flatMap(({ away }, place) => (away ? [] : [store.given + place]));
    const numbers = [...Array.from({ length: images }, (_, number) => number), ...added];
    if (!same(built, numbers)) {
      built = numbers;
      const own = renewed();
      strip.replaceChildren(
        ...numbers.map((number) => {
          const { src = "", label = "" } = all[number] ?? {};
          const tile = button("", () => store.choose({ index: number }), own, { class: "xai-example", title: label });
          tile.append(h("img", { src, alt: label }));
          return tile;
        }),
      );
    }
    [...strip.children].forEach((tile, place) => {
      attribute(tile, "aria-pressed", numbers[place] === index);
    });
    const { src = "", label = "", width = 0 } = all[index] ?? {};
    attribute(large, "src", src);
    attribute(large, "alt", label);
    large.classList.toggle("xai-crisp", width < 64);
  };
  store.signals.follow(["question", "pictures"], show, signal);
  return [large, strip];
}

/** A picture whose activation is moved along the concept: its classes follow, and the score along the way. */
export function steering(scene: ConceptScene): HTMLElement {
  const { store, signal } = scene;
  const { reach, stops, classes: names } = store.catalogue;
  const title = h("h3");
  const [large, strip] = pictures(scene);
  const handlers = {
    hold: (held: boolean) => store.hold("step", held),
    move: (value: unknown) => store.move({ step: Number(value) }),
    settle: () => store.settle(),
  };
  const plot = new Plot({ ...handlers, move: (share) => store.move({ step: store.stepAt(share) }) }, signal);
  const control = slider(
    { low: -reach, high: reach, step: (2 * reach) / (stops - 1), doublings: false, whole: false },
    {
      label: "Steps",
      sentence: "How many steps of the concept are added to what the layer holds of the picture.",
      text: (value) => signed(value),
      spoken: steps,
    },
    handlers,
    signal,
  );
  const places = Array.from({ length: stops }, (_, stop) => stop / (stops - 1));
  const show = (): void => {
    const { target, concept, step } = store.question;
    write(title, `Steer along ${concept}`);
    control.show(step);
    const lines = store.frames.flatMap((frame, view) => {
      if (frame === undefined || frame.along.length === 0) return [];
      const y = places.map((_, stop) => frame.along[stop * names.length + target] ?? Number.NaN);
      const dot = { x: places[store.stopInView] ?? 0, y: y[store.stopInView] ?? Number.NaN };
      return [{ kind: toneOf(view), x: places, y, dot }];
    });
    plot.show(`${store.measured} of ${names[target] ?? ""}`, lines, places[store.stopInView] ?? 0);
  };
  store.signals.follow(["question", "frames"], show, signal);
  const ends = [count(-reach, "step", "steps").replace("-", "−"), "0", `+${count(reach, "step", "steps")}`];
  return h(
    "section",
    { class: "xai-concept-steering", "aria-label": "Steering" },
    title,
    h("div", { class: "xai-steered-row" }, large, classes(scene), strip),
    plot.element,
    h("div", { class: "xai-along" }, control.element),
    h("div", { class: "xai-steer-ends xai-quiet", "aria-hidden": true }, ...ends.map((words) => h("span", {}, words))),
  );
}
