import { type Ellipse, face } from "./pixels/ellipse";
import type { Color } from "./pixels/layer";

export type ToolName = "brush" | "eraser" | "pick" | "background";

/** What is in the hand: which tool, and how it is set. All views of a widget share it. */
export interface Tool {
  readonly name: ToolName;
  readonly color: Color;
  /** The diameter of brush and eraser, in pixels. */
  readonly size: number;
  /** From 0 to 1. */
  readonly opacity: number;
  readonly ellipse: Ellipse;
}

/** The colours of the lesson, and black and white. */
export const SWATCHES: readonly { readonly label: string; readonly color: Color }[] = [
  { label: "magenta", color: [205, 5, 150] },
  { label: "green", color: [40, 160, 60] },
  { label: "white", color: [255, 255, 255] },
  { label: "grey", color: [128, 128, 128] },
  { label: "black", color: [0, 0, 0] },
];

export const GREY_SWATCHES: typeof SWATCHES = [
  { label: "white", color: [255, 255, 255] },
  { label: "light grey", color: [192, 192, 192] },
  { label: "grey", color: [128, 128, 128] },
  { label: "dark grey", color: [64, 64, 64] },
  { label: "black", color: [0, 0, 0] },
];

export function firstTool(width: number, height: number, grey: boolean): Tool {
  return {
    name: "brush",
    color: ((grey ? GREY_SWATCHES : SWATCHES)[0] as { color: Color }).color,
    size: Math.max(1, Math.round(Math.min(width, height) / 9)),
    opacity: 1,
    ellipse: face(width, height),
  };
}

export function toHex(color: Color): string {
  return `#${color.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

export function fromHex(text: string): Color {
  const value = Number.parseInt(text.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}
