import { attribute, svg } from "../shared/dom";
import type { Place } from "../shared/pixels/stroke";
import { within } from "../shared/within";
import type { Ellipse } from "./pixels/ellipse";

function place(element: Element, numbers: Record<string, number>): void {
  for (const [name, value] of Object.entries(numbers)) attribute(element, name, String(value));
}

const HANDLES = ["left", "right", "top", "bottom", "above"] as const;

/** What of an ellipse can be pulled. */
export type Handle = (typeof HANDLES)[number] | "whole";

/** How near to a handle, as a share of the picture's width, the pointer takes hold of it. */
const REACH = 0.05;

/** Where the handles of an ellipse are, in pixels of the picture. */
export function handles(ellipse: Ellipse, width: number): Record<(typeof HANDLES)[number], Place> {
  const x = ellipse.x + 0.5;
  const y = ellipse.y + 0.5;
  return {
    left: { x: x - ellipse.radiusX, y },
    right: { x: x + ellipse.radiusX, y },
    top: { x, y: y - ellipse.radiusY },
    bottom: { x, y: y + ellipse.radiusY },
    above: { x: 0.06 * width, y: ellipse.above },
  };
}

/** The part of an ellipse that a pointer takes hold of; inside it is the whole. Handles beyond the border are on it. */
export function handleAt(ellipse: Ellipse, width: number, height: number, at: Place): Handle | undefined {
  const spots = handles(ellipse, width);
  let nearest: Handle | undefined;
  let least = REACH * width;
  for (const name of HANDLES) {
    const spot = spots[name];
    const x = within(spot.x, 0, width);
    const y = within(spot.y, 0, height);
    const distance = Math.hypot(at.x - x, at.y - y);
    if (distance < least) {
      nearest = name;
      least = distance;
    }
  }
  if (nearest !== undefined) return nearest;
  const across = (at.x - 0.5 - ellipse.x) / ellipse.radiusX;
  const down = (at.y - 0.5 - ellipse.y) / ellipse.radiusY;
  return across ** 2 + down ** 2 <= 1 ? "whole" : undefined;
}

/** The ellipse after one of its handles was pulled. */
export function pulled(from: Ellipse, handle: Handle, dx: number, dy: number, width: number, height: number): Ellipse {
  const rounded = (value: number): number => Math.round(2 * value) / 2;
  switch (handle) {
    case "whole":
      return {
        ...from,
        x: within(rounded(from.x + dx), 0, width - 1),
        y: within(rounded(from.y + dy), 0, height - 1),
      };
    case "above":
      return { ...from, above: within(Math.round(from.above + dy), 0, height) };
    case "left":
    case "right": {
      const change = handle === "left" ? -dx : dx;
      return { ...from, radiusX: within(rounded(from.radiusX + change), 1, 2 * width) };
    }
    default: {
      const change = handle === "top" ? -dy : dy;
      return { ...from, radiusY: within(rounded(from.radiusY + change), 1, 2 * height) };
    }
  }
}

/** What lies over the picture while one paints: the outline of the brush, or the ellipse with its handles. */
export class Overlay {
  readonly element = svg("svg", { class: "xai-overlay" });
  readonly #brush = [svg("circle", { class: "xai-outline-dark" }), svg("circle", { class: "xai-outline-light" })];
  readonly #ellipse = [svg("ellipse", { class: "xai-outline-dark" }), svg("ellipse", { class: "xai-outline-light" })];
  readonly #above = [svg("line", { class: "xai-outline-dark" }), svg("line", { class: "xai-outline-light" })];
  readonly #knobs = HANDLES.map(() => svg("circle", { class: "xai-knob" }));

  constructor(
    private readonly width: number,
    private readonly height: number,
  ) {
    attribute(this.element, "viewBox", `0 0 ${width} ${height}`);
    attribute(this.element, "aria-hidden", true);
    this.element.append(...this.#brush, ...this.#ellipse, ...this.#above, ...this.#knobs);
    this.showBrush(null, 0);
    this.showEllipse(null);
  }

  showBrush(at: Place | null, size: number): void {
    for (const circle of this.#brush) {
      circle.style.display = at === null ? "none" : "";
      if (at !== null) place(circle, { cx: at.x, cy: at.y, r: Math.max(size, 1) / 2 });
    }
  }

  showEllipse(ellipse: Ellipse | null): void {
    const { width, height } = this;
    for (const part of [...this.#ellipse, ...this.#above, ...this.#knobs]) {
      part.style.display = ellipse === null ? "none" : "";
    }
    if (ellipse === null) return;
    for (const outline of this.#ellipse) {
      place(outline, { cx: ellipse.x + 0.5, cy: ellipse.y + 0.5, rx: ellipse.radiusX, ry: ellipse.radiusY });
    }
    for (const line of this.#above) {
      line.style.display = ellipse.above < height ? "" : "none";
      place(line, { x1: 0, x2: width, y1: ellipse.above, y2: ellipse.above });
    }
    const spots = handles(ellipse, width);
    this.#knobs.forEach((knob, i) => {
      const spot = spots[HANDLES[i] as (typeof HANDLES)[number]];
      place(knob, {
        cx: within(spot.x, 0, width),
        cy: within(spot.y, 0, height),
        r: 0.016 * width,
      });
    });
  }
}
