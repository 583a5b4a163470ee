import { type SliderWords, slider } from "../shared/controls/slider";
import { attribute, h, style, write } from "../shared/dom";
import { Legend } from "../shared/explanation/legend";
import { Pane, SMALL } from "../shared/explanation/picture";
import { pointAt, pointing } from "../shared/explanation/pointing";
import { Drawing } from "../shared/pixels/drawing";
import { signFor } from "../shared/pixels/sign";
import { type Line, Plot } from "../shared/plot";
import { renewals } from "../shared/signals";
import { within } from "../shared/within";
import { decimals, valueWords } from "./figures";
import { fromWorst, placeWords } from "./order";
import { kindOf, type RankScene } from "./scene";

/** What a metric says of a row at all pictures, from the worst to the best. */
export function line(kind: string, values: readonly number[], order: readonly number[], control: boolean): Line {
  const last = Math.max(order.length - 1, 1);
  return {
    kind,
    x: order.map((_, place) => place / last),
    y: order.map((picture) => values[picture] ?? Number.NaN),
    dashed: control,
  };
}

/** The picture that is open: its map, what the metric says of it, and a slider through all pictures of the cell. */
export function opened(scene: RankScene): HTMLElement {
  const { store, signal, curtain } = scene;
  const pane = new Pane();
  const legend = new Legend();
  const drawing = new Drawing();
  const name = h("b");
  const value = h("b", { class: "xai-rank-value" });
  const which = h("span", { class: "xai-rank-which", role: "status" });
  const caption = h("figcaption", {}, h("span", { class: "xai-rank-of" }, name), value, which);
  const figure = h(
    "figure",
    { class: "xai-rank-picture" },
    caption,
    h("div", { class: "xai-rank-pane" }, pane.element),
    legend.element,
  );
  const along = h("div", { class: "xai-along" });
  attribute(pane.element, "role", "img");

  const order = (): number[] => store.order(store.question.row, store.question.column);
  const handlers = {
    hold: (held: boolean) => store.hold("index", held),
    move: (place: unknown) => {
      const known = order();
      const index = known[within(Number(place), 0, known.length - 1)];
      if (index !== undefined && index !== store.question.index) store.move({ index });
    },
    settle: () => store.settle(),
  };
  const plot = new Plot({ ...handlers, move: (x) => handlers.move(Math.round(x * (order().length - 1))) }, signal);
  const renewed = renewals(signal);
  let control = slider({ low: 0, high: 1, step: 1, doublings: false, whole: true }, words(), handlers, renewed());
  let many = 0;
  function words(): SliderWords {
    return {
      label: "Pictures",
      sentence: "From the picture at which the metric thinks least of the method to that at which it thinks most.",
      text: (place) => `${place + 1} / ${order().length}`,
      spoken: (place) => placeWords(place, order().length),
    };
  }
  along.replaceChildren(control.element);

  const read = (value: number | null, said: string): void => {
    pane.say(said);
    legend.point(value);
  };
  const point = pointAt({ signal, ...pointing(signal) }, 0, pane.element, [pane], () => drawing, read);
  const paint = (): void => {
    const { frame, header } = store.table;
    if (frame === undefined || header === undefined || frame.map.length === 0) return;
    const photo = store.photo(header.state.index);
    if (photo === undefined) return;
    const look = { ...store.appearance, sign: signFor(store.display.sign, header.ends) };
    drawing.draw(frame.map, frame.shape, photo, look);
    const { rgba, plane } = drawing;
    pane.paint(rgba, plane.width, plane.height);
    pane.outline(header.outline);
    pane.canvas.classList.toggle("xai-crisp", plane.width <= SMALL);
    pane.behind(
      curtain.kind === ""
        ? undefined
        : { rgba: photo.rgba, width: photo.width, height: photo.height, words: "picture" },
    );
    const under = look.layout === "blended" && !drawing.isVector ? photo.range : undefined;
    legend.show(drawing.own, { ...look, under }, header.ends);
    style(figure, { "--ratio": plane.width / plane.height });
    point();
  };
  const show = (): void => {
    const { row, column, index } = store.question;
    const { table } = store;
    const { header } = table;
    const known = order();
    // While a hand is on it the slider stays what it is, although the table fills in.
    if (known.length !== many && !store.moving) {
      many = known.length;
      const scale = { low: 0, high: Math.max(many - 1, 1), step: 1, doublings: false, whole: true };
      control = slider(scale, words(), handlers, renewed());
      along.replaceChildren(control.element);
    }
    const place = known.indexOf(index);
    control.show(Math.max(place, 0));
    const title = header?.titles[row] ?? "";
    const metric = header?.labels[column] ?? "";
    const said = table.cell(row, column)[index];
    write(name, title);
    figure.className = `xai-rank-picture ${kindOf(store, row)}`;
    write(
      value,
      said === undefined || !Number.isFinite(said) ? "…" : valueWords(said, decimals(table.cell(row, column))),
    );
    value.title = `${metric} of this picture`;
    write(
      which,
      place < 0 ? `picture ${index + 1}, not judged yet` : `picture ${index + 1}, ${placeWords(place, many)}`,
    );
    attribute(
      pane.element,
      "aria-label",
      `${title} of ${header?.quantity ?? ""}, picture ${index + 1}. Arrow keys read its values.`,
    );
    const count = table.frame?.values.length ?? 0;
    const lines = Array.from({ length: count }, (_, other) => {
      const values = table.cell(other, column);
      const drawn = line(
        kindOf(store, other),
        values,
        fromWorst(values, header?.better[column] ?? "higher"),
        other >= store.cells.length,
      );
      if (other !== row || place < 0) return drawn;
      return { ...drawn, dot: { x: drawn.x[place] ?? 0, y: drawn.y[place] ?? Number.NaN } };
    });
    plot.show(`${metric}: worst to best`, lines, Math.max(place, 0) / Math.max(many - 1, 1));
    paint();
  };
  store.signals.follow(["question", "frames", "display"], show, signal);
  return h(
    "section",
    { class: "xai-rank-opened", "aria-label": "The picture of the open cell" },
    figure,
    plot.element,
    along,
  );
}
