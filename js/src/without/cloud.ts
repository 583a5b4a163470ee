import { slider } from "../shared/controls/slider";
import { attribute, h, svg, write } from "../shared/dom";
import { score } from "../shared/words";
import { WAYS, type WithoutScene } from "./scene";
import { thoughts } from "./seen";

/** How many standard deviations a drawing reaches from the mean, unless the row lies farther out. */
const REACH = 3;
/** How far beside each other the three marks stand, of the width. */
const APART = 0.045;

/** The rows by the two columns, and where each way thinks the second column to be where the first is known. */
function drawing({ store, signal }: WithoutScene): HTMLElement {
  const dots = svg("g", { class: "xai-absence-rows" });
  const marks = WAYS.map(({ name }) => svg("path", { class: `xai-absence-mark xai-absence-${name}` }));
  const row = svg("circle", { class: "xai-absence-row" });
  const known = svg("path", { class: "xai-absence-known" });
  const plane = svg(
    "svg",
    { viewBox: "-1 -1 2 2", class: "xai-absence-plane", role: "img" },
    known,
    dots,
    ...marks,
    row,
  );
  const across = h("span", { class: "xai-absence-across" });
  const up = h("span", { class: "xai-absence-up" });
  let made: SVGCircleElement[] = [];
  const show = (): void => {
    const { frame, header } = store.seen;
    if (frame === undefined || header === undefined) return;
    const { first, second, correlation } = header.state;
    const { middle, spread } = header;
    const own = [header.row[first] ?? 0, header.row[second] ?? 0];
    const scales = [0, 1].map((axis) => {
      const size = spread[axis] || 1;
      return 1.08 * Math.max(REACH * size, Math.abs((own[axis] ?? 0) - (middle[axis] ?? 0)));
    });
    const place = (value: number, axis: number): number => (value - (middle[axis] ?? 0)) / (scales[axis] ?? 1);
    const count = frame.rows.length / 2;
    if (made.length !== count) {
      made = Array.from({ length: count }, () => svg("circle"));
      dots.replaceChildren(...made);
    }
    made.forEach((dot, number) => {
      attribute(dot, "cx", place(frame.rows[2 * number] ?? 0, 0).toFixed(3));
      attribute(dot, "cy", (-place(frame.rows[2 * number + 1] ?? 0, 1)).toFixed(3));
    });
    const at = place(own[0] ?? 0, 0);
    attribute(row, "cx", at.toFixed(3));
    attribute(row, "cy", (-place(own[1] ?? 0, 1)).toFixed(3));
    attribute(known, "d", `M${at.toFixed(3)} -1V1`);
    thoughts(own[0] ?? 0, middle, spread, correlation).forEach((thought, way) => {
      const x = at + (way - 1) * APART;
      const y = (value: number): string => (-place(value, 1)).toFixed(3);
      const [low, high] = [thought.middle - thought.spread, thought.middle + thought.spread];
      const tick = (value: number): string => `M${(x - 0.02).toFixed(3)} ${y(value)}h.04`;
      attribute(marks[way] as Element, "d", `M${x.toFixed(3)} ${y(low)}V${y(high)}${tick(thought.middle)}`);
    });
    write(across, store.columnName(first));
    write(up, store.columnName(second));
    attribute(
      plane,
      "aria-label",
      `Rows by ${store.columnName(first)} and ${store.columnName(second)}, whose correlation is ${score(correlation)}; ` +
        "the row in view, and where each way thinks the second column to be where the first is known",
    );
  };
  store.signals.follow(["frames"], show, signal);
  return h("div", { class: "xai-absence-drawing" }, up, plane as unknown as HTMLElement, across);
}

/** The rows, and the slider that has their columns go together. */
export function cloud(scene: WithoutScene): HTMLElement {
  const { store, signal } = scene;
  const { reach } = store.catalogue;
  const control = slider(
    { low: -reach, high: reach, step: 0.05, doublings: false, whole: false },
    {
      label: "Correlation",
      sentence: "How much the two columns go together in the background; the row and the network stay as they are.",
      text: score,
      spoken: score,
    },
    {
      hold: (held) => store.hold("correlation", held),
      move: (value) => store.move({ correlation: Number(value) }),
      settle: () => store.settle(),
    },
    signal,
  );
  store.signals.follow(["question"], () => control.show(store.question.correlation), signal);
  const key = h("p", { class: "xai-quiet xai-absence-key" });
  const show = (): void => {
    const { first, second } = store.question;
    write(key, `What stands for ${store.columnName(second)} where ${store.columnName(first)} alone is known.`);
  };
  store.signals.follow(["question"], show, signal);
  return h("section", { class: "xai-absence-cloud", "aria-label": "Background" }, drawing(scene), key, control.element);
}
