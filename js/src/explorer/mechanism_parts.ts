import { bytes } from "../shared/bytes";
import { h, percentage, svg } from "../shared/dom";
import { showPixels } from "../shared/explanation/show_pixels";
import type { BarsPart, CurvePart, DotsPart, PicturesPart } from "../shared/protocol";
import { number } from "../shared/words";

export type Part = CurvePart | DotsPart | PicturesPart | BarsPart;

const WIDTH = 260;
const CURVE = 76;
const ROW = 26;

function sheet(height: number, ...children: SVGElement[]): SVGElement {
  return svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, "aria-hidden": true }, ...children);
}

/** From numbers to places between 0 and 1, zero among them. */
function scale(values: readonly number[]): { low: number; high: number; at(value: number): number } {
  const low = Math.min(0, ...values);
  const high = Math.max(0, ...values) || (low < 0 ? 0 : 1);
  return { low, high, at: (value) => (value - low) / (high - low) };
}

function ends(left: string, right: string): HTMLElement {
  return h("div", { class: "xai-arises-ends" }, h("span", {}, left), h("span", {}, right));
}

function curve({ x, y, ends: [start, stop] }: CurvePart): Element[] {
  const { low, high, at } = scale(y);
  const place = (value: number): number => 2 + (CURVE - 4) * (1 - at(value));
  const points = x.map((one, i) => `${(one * WIDTH).toFixed(1)},${place(y[i] ?? 0).toFixed(1)}`);
  const zero = place(0).toFixed(1);
  const first = ((x[0] ?? 0) * WIDTH).toFixed(1);
  const last = ((x.at(-1) ?? 1) * WIDTH).toFixed(1);
  const around = [`${first},${zero}`, ...points, `${last},${zero}`].join(" ");
  return [
    ends(high > 0 ? `up to ${number(high)}` : "", low < 0 ? `down to ${number(low)}` : ""),
    sheet(
      CURVE,
      svg("polygon", { points: around, class: "xai-arises-area" }),
      svg("line", { x1: 0, x2: WIDTH, y1: zero, y2: zero, class: "xai-arises-zero" }),
      svg("polyline", { points: points.join(" "), class: "xai-arises-line" }),
    ),
    ends(start, stop),
  ];
}

function dots({ rows }: DotsPart): Element[] {
  const { low, high, at } = scale(rows.flatMap(({ values }) => [...values]));
  const place = (value: number): number => 3 + (WIDTH - 6) * at(value);
  const lines = rows.flatMap(({ name, values, mean }) => {
    // Beside each other: what lies on top of each other could not be counted.
    const circles = values.map((value, i) => {
      const cy = ROW / 2 + 15 * (((i * 0.618) % 1) - 0.5);
      return svg("circle", { cx: place(value).toFixed(1), cy: cy.toFixed(1), r: 2, class: "xai-arises-dot" });
    });
    const upright = (x: number, kind: string): SVGElement =>
      svg("line", { x1: x, x2: x, y1: 1, y2: ROW - 1, class: `xai-arises-${kind}` });
    const row = sheet(ROW, upright(place(0), "zero"), ...circles, upright(place(mean), "mean"));
    return [...(name === "" ? [] : [ends(name, `mean ${number(mean)}`)]), row];
  });
  return [...lines, ends(low < 0 ? number(low) : "0", high > 0 ? number(high) : "0")];
}

function pictures({ values, width, height, buffer }: PicturesPart, buffers: readonly unknown[]): Element[] {
  const found = bytes(buffers[buffer]);
  const size = 4 * width * height;
  const each = values.map((value, i) => {
    const canvas = h("canvas", { class: "xai-crisp" });
    const pixels = Uint8ClampedArray.from(found.subarray(i * size, (i + 1) * size));
    showPixels(canvas, pixels, width, height);
    return h("span", {}, canvas, number(value, 3));
  });
  return [h("div", { class: "xai-arises-pictures" }, ...each)];
}

function bars({ rows }: BarsPart): Element[] {
  const { at } = scale(rows.map(({ value }) => value));
  const zero = at(0);
  const each = rows.flatMap(({ name, value }) => {
    const left = Math.min(zero, at(value));
    const fill = h("span", { class: value < 0 ? "xai-arises-less" : "xai-arises-more" });
    fill.style.left = percentage(left);
    fill.style.width = percentage(Math.abs(at(value) - zero));
    return [
      h("span", {}, name),
      h("span", { class: "xai-arises-bar", "aria-hidden": true }, fill),
      h("b", {}, number(value)),
    ];
  });
  return [h("div", { class: "xai-arises-bars" }, ...each)];
}

const DRAWN = { curve, dots, pictures, bars };

/** A part of what makes a value, drawn, whatever the method: nothing but its kind is known here. */
export function part(found: Part, buffers: readonly unknown[]): HTMLElement {
  const label = h("div", { class: "xai-arises-label" }, found.label);
  const inside = DRAWN[found.kind](found as never, buffers);
  return h("div", { class: "xai-arises-part" }, ...(found.label === "" ? [] : [label]), ...(inside as HTMLElement[]));
}
