import { attribute, button, h, on, style, svg, write } from "../shared/dom";
import { same } from "../shared/same";
import { percent, score } from "../shared/words";
import type { RepresentScene } from "./scene";
import { cloudOf, nearest, type Point, within } from "./seen";

/** How far from the middle a drawing reaches: a little farther than the points do. */
const REACH = 1.08;
/** A brush that is smaller is a click: a finger that taps moves a little, too. */
const SMALL = 0.05;
/** So many of the marked pictures are shown. */
const MOST_SHOWN = 8;
/** So many colours there are for classes. */
const COLOURS = 10;

/** One layer: the pictures along its two principal components. A rectangle that is drawn marks those inside. */
function cloud({ store, signal }: RepresentScene, side: 0 | 1): HTMLElement {
  const { labels, classes } = store.catalogue;
  const name = h("b");
  const share = h("span", { class: "xai-quiet" });
  const points = svg("g");
  const brush = svg("rect", { class: "xai-brush" });
  const viewBox = `${-REACH} ${-REACH} ${2 * REACH} ${2 * REACH}`;
  const drawing = svg("svg", { viewBox, class: "xai-plane", role: "img" }, points, brush);
  let dots: SVGCircleElement[] = [];
  let placed: Point[] = [];
  let begun: Point | undefined;
  const show = (): void => {
    const { clouds, explained, header } = store.seen;
    placed = cloudOf(clouds, side);
    if (placed.length !== dots.length) {
      dots = placed.map((_, place) => {
        const label = labels?.[place];
        const dot = svg("circle", { class: label === undefined ? "" : `xai-class-${label % COLOURS}` });
        if (label !== undefined) dot.append(svg("title", {}, classes[label] ?? String(label)));
        return dot;
      });
      points.replaceChildren(...dots);
    }
    const marked = new Set(store.marked);
    dots.forEach((dot, place) => {
      const { right, up } = placed[place] as Point;
      attribute(dot, "cx", right.toFixed(4));
      attribute(dot, "cy", (-up).toFixed(4));
      dot.classList.toggle("xai-faint", marked.size > 0 && !marked.has(place));
      dot.classList.toggle("xai-in-view", place === store.question.index);
    });
    const { layer, beside, one, other } = store.question;
    const [whose, which] = side === 0 ? [one, layer] : [other, beside];
    write(name, whose === "" ? which : `${which} of ${whose}`);
    const shares = explained[side] ?? [];
    write(share, shares.length === 0 ? "" : `${percent(shares.reduce((sum, part) => sum + part, 0))} of its variance`);
    const now = header === undefined ? "" : `Pictures as layer ${which} places them`;
    attribute(drawing, "aria-label", marked.size === 0 ? now : `${now}, ${marked.size} of them marked`);
  };
  const at = (event: PointerEvent): Point => {
    const box = drawing.getBoundingClientRect();
    return {
      right: (((event.clientX - box.left) / box.width) * 2 - 1) * REACH,
      up: (1 - ((event.clientY - box.top) / box.height) * 2) * REACH,
    };
  };
  const drawBrush = (to: Point | undefined): void => {
    const from = begun ?? { right: 0, up: 0 };
    attribute(brush, "x", Math.min(from.right, to?.right ?? from.right));
    attribute(brush, "y", -Math.max(from.up, to?.up ?? from.up));
    attribute(brush, "width", to === undefined ? 0 : Math.abs(to.right - from.right));
    attribute(brush, "height", to === undefined ? 0 : Math.abs(to.up - from.up));
  };
  const target = drawing as unknown as HTMLElement;
  on(target, "pointerdown", signal, (event) => {
    if (event.button !== 0) return;
    begun = at(event);
    drawing.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  on(target, "pointermove", signal, (event) => {
    if (begun === undefined) return;
    const to = at(event);
    drawBrush(to);
    store.brush(within(placed, begun, to));
  });
  on(target, ["pointerup", "pointercancel"], signal, (event) => {
    if (begun === undefined) return;
    const to = at(event);
    const click = Math.abs(to.right - begun.right) < SMALL && Math.abs(to.up - begun.up) < SMALL;
    const index = nearest(placed, to);
    begun = undefined;
    drawBrush(undefined);
    if (event.type === "pointercancel") store.mark(store.question.marked);
    else if (!click) store.mark(store.marked);
    else store.mark([], index === undefined ? {} : { index });
  });
  store.signals.follow(["question", "frames", "display"], show, signal);
  return h(
    "figure",
    { class: "xai-plane-figure" },
    h("figcaption", {}, name, share),
    drawing as unknown as HTMLElement,
  );
}

/** What the colours mean. A class that is pressed marks all its pictures. */
function key({ store, signal }: RepresentScene): HTMLElement | undefined {
  const { labels, classes } = store.catalogue;
  if (labels === null) return undefined;
  const present = [...new Set(labels)].sort((a, b) => a - b).slice(0, COLOURS);
  const entries = present.map((label) => {
    const name = classes[label] ?? String(label);
    const own = [...labels.keys()].filter((place) => labels[place] === label);
    const entry = button("", () => store.mark(same(store.marked, own) ? [] : own), signal, {
      class: `xai-plane-class xai-class-${label % COLOURS}`,
      title: `Marks all pictures of class ${name}`,
    });
    entry.replaceChildren(h("i"), h("span", {}, name));
    const show = (): void => attribute(entry, "aria-pressed", same(store.marked, own));
    store.signals.follow(["question", "display"], show, signal);
    return entry;
  });
  return h("div", { class: "xai-plane-key", role: "group", "aria-label": "Classes" }, ...entries);
}

/** Both clouds, and the pictures that are marked in them. */
export function clouds(scene: RepresentScene): HTMLElement {
  const { store, signal } = scene;
  const { labels, classes, pictures } = store.catalogue;
  const said = h("span", { class: "xai-quiet", role: "status" });
  const strip = h("div", { class: "xai-marked-pictures" });
  const value = h("b", { class: "xai-layer-pair-value" });
  let shown = "";
  const show = (): void => {
    const { frame } = store.seen;
    const [row, column] = store.cell;
    const alike = frame?.matrix[row]?.[column] ?? null;
    write(value, alike === null ? "" : `${store.method.label} ${score(alike)}`);
    const { index } = store.question;
    const { marked } = store;
    const inside = marked.length === 0 ? [index] : marked;
    if (shown !== inside.join()) {
      shown = inside.join();
      strip.replaceChildren(
        ...inside.slice(0, MOST_SHOWN).map((place) => {
          const { src = "", width = 1, height = 1 } = pictures[place] ?? {};
          const picture = h("img", { src, alt: `Picture ${place + 1}`, width, height });
          style(picture, { "--ratio": width / height });
          return picture;
        }),
      );
    }
    const label = labels?.[index];
    const single = `picture ${index + 1}${label === undefined ? "" : `, ${classes[label] ?? label}`}`;
    const several = `${marked.length} pictures marked in both${marked.length > MOST_SHOWN ? ", the first shown" : ""}`;
    write(said, marked.length === 0 ? `${single}: drag over a cloud to mark others` : several);
  };
  store.signals.follow(["question", "frames", "display"], show, signal);
  const head = h("div", { class: "xai-planes-head" }, value, said);
  const both = h("div", { class: "xai-plane-pair" }, cloud(scene, 0), cloud(scene, 1));
  const classKey = key(scene);
  const below = h("div", { class: "xai-planes-below" }, strip, ...(classKey === undefined ? [] : [classKey]));
  return h("section", { class: "xai-planes", "aria-label": "The pair of layers that is open" }, head, both, below);
}
