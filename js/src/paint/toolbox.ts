import type { Control, Handlers } from "../shared/controls/control";
import { type Item, Menu } from "../shared/controls/menu";
import { numberField } from "../shared/controls/number_field";
import { segments } from "../shared/controls/segments";
import { slider } from "../shared/controls/slider";
import { attribute, button, h, on, style, uniqueId } from "../shared/dom";
import { widest } from "../shared/pixels/stroke";
import { number } from "../shared/words";
import type { PaintEasel } from "./easel";
import { inside, outside } from "./pixels/ellipse";
import { type Color, cover, paste } from "./pixels/layer";
import type { PaintStore } from "./store";
import { fromHex, GREY_SWATCHES, SWATCHES, type Tool, type ToolName, toHex } from "./tool";

/** Says whether a button does anything now. It is never disabled in earnest, or the keys would lose their place. */
function allow(button: HTMLButtonElement, allowed: boolean): void {
  attribute(button, "aria-disabled", !allowed);
}

/** Nothing to hold and nothing to settle: tools are the page's own. */
function moves(move: (value: unknown) => void): Handlers {
  return { hold: () => undefined, move, settle: () => undefined };
}

function same(one: Color, other: Color): boolean {
  return one.every((part, channel) => part === other[channel]);
}

/** The colours to paint with: a few swatches, and any other. */
function colours({ store, signal }: { store: PaintStore; signal: AbortSignal }): Control {
  const swatches = store.grey ? GREY_SWATCHES : SWATCHES;
  const name = uniqueId("colours");
  const inputs = swatches.map(({ color }) => h("input", { type: "radio", name, value: toHex(color) }));
  const labels = swatches.map(({ label, color }, i) => {
    const swatch = h(
      "label",
      { title: label },
      inputs[i] as HTMLInputElement,
      h("span", { class: "xai-spoken" }, label),
    );
    style(swatch, { "--xai-swatch": toHex(color) });
    return swatch;
  });
  const take = (color: Color): void => store.take({ color });
  const group = h("div", { class: "xai-swatches", role: "radiogroup", "aria-label": "Colour" }, ...labels);
  on(group, "change", signal, () => {
    const chosen = swatches[inputs.findIndex((input) => input.checked)];
    if (chosen !== undefined) take(chosen.color);
  });
  const other = store.grey
    ? h("input", { type: "range", min: 0, max: 255, class: "xai-any-grey", "aria-label": "Grey" })
    : h("input", { type: "color", class: "xai-any-colour", "aria-label": "Any colour", title: "Any colour" });
  on(other, "input", signal, () => {
    const grey = Number(other.value);
    take(store.grey ? [grey, grey, grey] : fromHex(other.value));
  });
  const press = (): void => store.take({ name: store.tool.name === "pick" ? "brush" : "pick" });
  const pick = button("Pick", press, signal, { title: "Take a colour from the picture: click on it" });
  const element = h(
    "div",
    { class: "xai-control xai-colours", title: "The colour of the brush and of fills." },
    h("span", { "aria-hidden": true }, "Colour"),
    h("div", {}, group, h("div", {}, other, pick)),
  );
  return {
    element,
    show(value) {
      const color = value as Color;
      inputs.forEach((input, i) => {
        input.checked = same((swatches[i] as { color: Color }).color, color);
      });
      other.value = store.grey ? String(color[0]) : toHex(color);
      style(other, { "--xai-filled": color[0] / 255 });
      attribute(pick, "aria-pressed", store.tool.name === "pick");
    },
  };
}

/** The numbers of the ellipse, for those who want it exactly, or have no pointer. */
function measures({ store, signal }: { store: PaintStore; signal: AbortSignal }): Control {
  const { width, height } = store.picture;
  const field = (label: string, sentence: string, name: keyof Tool["ellipse"], minimum: number, maximum: number) => {
    const words = { label, sentence };
    const change = (value: unknown): void =>
      store.take({ ellipse: { ...store.tool.ellipse, [name]: value as number } });
    return [name, numberField(words, { minimum, maximum, step: "any" }, moves(change), signal)] as const;
  };
  const fields = [
    field("Centre x", "The column of the middle of the ellipse; the first is 0.", "x", -width, 2 * width),
    field("Centre y", "The row of the middle of the ellipse; the first is 0.", "y", -height, 2 * height),
    field("Radius x", "Half the width of the ellipse, in pixels.", "radiusX", 0.5, 4 * width),
    field("Radius y", "Half the height of the ellipse, in pixels.", "radiusY", 0.5, 4 * height),
    field("Above row", "Rows from this one on, with the shoulders, are left as they are.", "above", 0, height),
  ];
  const element = h(
    "details",
    { class: "xai-measures" },
    h("summary", {}, "In numbers"),
    h("div", {}, ...fields.map(([, control]) => control.element)),
  );
  return {
    element,
    show(value) {
      for (const [name, control] of fields) control.show(Number((value as Tool["ellipse"])[name].toFixed(2)));
    },
  };
}

/** How long a button is pressed, in milliseconds, that is held and not clicked. */
const HELD = 350;

/** Shows the picture as it was given: for good with a click, or for as long as the button is held. */
function originalButton(store: PaintStore, signal: AbortSignal): HTMLButtonElement {
  const element = h(
    "button",
    { type: "button", title: "The picture as it was given, and what the model says of it. Hold to look for a moment." },
    "Original",
  );
  let pressed = { at: Number.NEGATIVE_INFINITY, bare: false };
  on(element, "pointerdown", signal, ({ timeStamp }) => {
    pressed = { at: timeStamp, bare: store.bare };
    store.look(true);
  });
  on(element, "click", signal, ({ timeStamp, detail }) => {
    // A click without a pointer, from the keyboard, has no detail.
    if (detail === 0) store.look(!store.bare);
    else store.look(!pressed.bare && timeStamp - pressed.at < HELD);
  });
  // Held, and let go beside it: no click comes.
  on(element, "pointerleave", signal, ({ buttons }) => {
    if (buttons !== 0) store.look(pressed.bare);
  });
  const show = (): void => {
    attribute(element, "aria-pressed", store.bare);
    allow(element, store.paints.isPainted(store.index));
  };
  store.changes.on("paint", show, signal);
  store.signals.follow(["question"], show, signal);
  return element;
}

/** The tools, and how the one in the hand is set. */
export function toolbox(store: PaintStore, easel: PaintEasel, signal: AbortSignal): HTMLElement {
  const { width, height } = store.picture;
  const shared = { store, signal };
  const tools = segments(
    { label: "Tool", sentence: "What the pointer does on the picture.", hidden: true },
    [
      { value: "brush", label: "Brush" },
      { value: "eraser", label: "Eraser" },
      { value: "background", label: "Background" },
    ],
    moves((name) => store.take({ name: name as ToolName })),
    signal,
  );
  const undo = button("Undo", () => store.undo(), signal, { title: "Take back the last step (Ctrl+Z)" });
  const redo = button("Redo", () => store.redo(), signal, { title: "Do it once more (Ctrl+Shift+Z)" });
  const reset = button("Reset", () => store.reset(), signal, { title: "Take all paint off this picture" });

  const original = originalButton(store, signal);

  const colour = colours(shared);
  const size = slider(
    { low: 1, high: widest(width, height), step: 1, doublings: false, whole: true },
    {
      label: "Size",
      sentence: "The width of the brush; the keys [ and ] change it too.",
      text: (value) => `${value} px`,
      spoken: (value) => `${value} pixels`,
    },
    moves((value) => store.take({ size: value as number })),
    signal,
  );
  const opacity = slider(
    { low: 0.05, high: 1, step: 0.05, doublings: false, whole: false },
    {
      label: "Opacity",
      sentence: "How much the brush covers.",
      text: (value) => `${number(Math.round(100 * value), 3)} %`,
      spoken: (value) => `${Math.round(100 * value)} percent`,
    },
    moves((value) => store.take({ opacity: value as number })),
    signal,
  );
  const fill = (mask: () => Uint8Array): void =>
    store.apply((below, target) => cover(target, below, mask(), store.tool.color, 1));
  const wall = button("Fill outside", () => fill(() => outside(store.tool.ellipse, width, height)), signal, {
    title: "Paint all that lies outside the ellipse, above the line",
  });
  const within = button("Fill inside", () => fill(() => inside(store.tool.ellipse, width, height)), signal, {
    title: "Paint all that lies in the ellipse",
  });
  const from = new Menu(
    "Background of another picture",
    (value) => {
      from.element.value = "";
      const picture = value === "" ? undefined : easel.given(Number(value));
      if (picture === undefined) return;
      const mask = outside(store.tool.ellipse, width, height);
      store.apply((below, target) => paste(target, below, mask, picture.rgba));
    },
    signal,
  );
  const numbers = measures(shared);
  const settings = h(
    "div",
    { class: "xai-tool-settings" },
    colour.element,
    size.element,
    opacity.element,
    h("div", { class: "xai-fills" }, wall, within, from.element),
    numbers.element,
  );
  const fills = wall.parentElement as HTMLElement;
  let others: readonly Item[] = [];
  let othersOf = -1;

  const show = (): void => {
    const { tool, index } = store;
    tools.show(tool.name === "pick" ? "brush" : tool.name);
    colour.show(tool.color);
    size.show(tool.size);
    opacity.show(tool.opacity);
    numbers.show(tool.ellipse);
    colour.element.hidden = tool.name === "eraser";
    size.element.hidden = tool.name === "background";
    opacity.element.hidden = tool.name !== "brush" && tool.name !== "pick";
    fills.hidden = tool.name !== "background";
    numbers.element.hidden = tool.name !== "background";
    // Built anew only with another picture: a menu that is rebuilt while it is open closes.
    if (othersOf !== index) {
      othersOf = index;
      const items = store.catalogue.pictures.map(({ label }, i) => ({ value: String(i), label }));
      others = [{ value: "", label: "Paste from …" }, ...items.filter((_, i) => i !== index)];
      from.show([{ heading: null, items: others }], "");
      from.element.hidden = others.length < 2;
    }
    // They are read beforehand, so that pasting is one step.
    if (tool.name === "background") for (const { value } of others) if (value !== "") easel.given(Number(value));
    allow(undo, store.paints.canUndo(index));
    allow(redo, store.paints.canRedo(index));
    allow(reset, store.paints.isPainted(index));
  };
  store.changes.on("tool", show, signal);
  store.changes.on("paint", show, signal);
  store.signals.follow(["question"], show, signal);
  return h(
    "section",
    { class: "xai-tools", "aria-label": "Painting" },
    h("div", { class: "xai-tool-row" }, tools.element, h("div", { class: "xai-history" }, undo, redo, reset, original)),
    settings,
  );
}
