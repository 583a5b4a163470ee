import type { AnyModel } from "@anywidget/types";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Erased } from "../src/eraser/erased";
import { isErased, left, rounded } from "../src/eraser/pixels";
import { EraserStore } from "../src/eraser/store";
import { view } from "../src/eraser/view";
import { photo } from "../src/shared/pixels/photo";
import { ends } from "../src/shared/plot";
import type { EraserMessage, EraserQuestion, EraserTraits } from "../src/shared/protocol";
import { fakeCanvases, press } from "./fake_canvas";
import { DISPLAY, FakeModel, traits } from "./fake_model";

const STATE: EraserQuestion = {
  method: "path",
  options: {},
  layer: null,
  index: 0,
  target: null,
  grid: [
    { method: "path", options: {}, layer: null },
    { method: "cover", options: {}, layer: null },
  ],
  focus: 1,
  way: "erase",
  share: 0.5,
  fill: "mean",
  features: "pixels",
  size: 8,
  steps: 4,
  controls: false,
};

function frame(change: Partial<EraserMessage> = {}): [EraserMessage, unknown[]] {
  const message: EraserMessage = {
    type: "frame",
    frame: 1,
    generation: 1,
    request: null,
    view: 0,
    views: 2,
    first: true,
    final: true,
    stopped: false,
    evaluations: 10,
    planned: 10,
    change: null,
    led: true,
    news: null,
    shape: [2, 2],
    places: [2, 2],
    parts: 4,
    measured: "probability",
    shares: [0, 0.25, 0.5, 1],
    curve: [0.9, 0.7, 0.4, 0.1],
    other: [0.9, 0.9, 0.8, 0.1],
    area: 0.45,
    apart: 0.2,
    header: {
      state: STATE,
      code: "",
      title: "Path",
      quantity: "cat",
      control: "",
      ends: ["against", "for"],
      fill: "data:image/png;base64,",
      outline: null,
    },
    ...change,
  };
  const buffers = [
    [1, 2, 3, 4],
    [3, 2, 1, 0],
  ].map((values) => new DataView(Float32Array.from(values).buffer));
  return [message, buffers];
}

function store(change: Partial<EraserQuestion> = {}): { model: FakeModel; store: EraserStore } {
  const common = traits();
  const model = new FakeModel({
    ...STATE,
    ...change,
    display: DISPLAY,
    catalogue: { ...(common.catalogue as object), models: [""], erasing: [] },
    _snapshot: null,
  });
  return { model, store: new EraserStore(model as unknown as AnyModel<EraserTraits>) };
}

const gone = (parts: number, share: number, way: "erase" | "reveal"): number[] =>
  Array.from({ length: parts }, (_, number) => number).filter(isErased(parts, share, way));

describe("what is erased", () => {
  it("is counted as NumPy rounds", () => {
    expect([0.5, 1.5, 2.5, 3.4, 3.6].map(rounded)).toEqual([0, 2, 2, 3, 4]);
  });

  it("is the first of the order, or all but the first of it", () => {
    expect(gone(4, 0.5, "erase")).toEqual([0, 1]);
    expect(gone(4, 0, "erase")).toEqual([]);
    expect(gone(4, 1, "erase")).toEqual([0, 1, 2, 3]);
    expect(gone(4, 0.25, "reveal")).toEqual([1, 2, 3]);
    expect(gone(4, 0, "reveal")).toEqual([0, 1, 2, 3]);
    expect(gone(4, 1, "reveal")).toEqual([]);
    // Half of five: what is revealed is what is not erased of the rest, rounded there.
    expect(gone(5, 0.5, "reveal")).toEqual([3, 4]);
  });

  it("never is what has no number", () => {
    expect(isErased(4, 1, "erase")(-1)).toBe(false);
    expect(isErased(4, 0, "reveal")(-1)).toBe(false);
  });

  it("lets what takes its place be seen, and leaves the picture alone", () => {
    const below = photo(new Uint8ClampedArray(16).fill(100), 2, 2);
    const fill = photo(new Uint8ClampedArray(16).fill(7), 2, 2);
    const order = { order: Float32Array.of(3, 2, 1, 0), places: [2, 2], parts: 4 };
    const pixels = left(below, fill, order, 0.5, "erase");
    expect([0, 4, 8, 12].map((place) => pixels[place])).toEqual([100, 100, 7, 7]);
    expect(below.rgba[8]).toBe(100);
    expect(left(below, fill, order, 0.5, "reveal")[0]).toBe(7);
  });

  it("reads an order that is coarser than the picture", () => {
    const below = photo(new Uint8ClampedArray(64).fill(100), 4, 4);
    const fill = photo(new Uint8ClampedArray(64).fill(7), 4, 4);
    const pixels = left(below, fill, { order: Float32Array.of(0, 1, 2, 3), places: [2, 2], parts: 4 }, 0.25, "erase");
    const red = Array.from({ length: 16 }, (_, pixel) => pixels[4 * pixel]);
    expect(red.map((value) => (value === 7 ? 1 : 0))).toEqual([1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  });
});

describe("what is known of a map", () => {
  it("stays the same array where a frame brings the same once more, so that nothing is drawn anew", () => {
    const view = new Erased();
    view.take(...frame());
    const before = view.frame;
    view.take(...frame({ generation: 2 }));
    expect(view.frame?.map).toBe(before?.map);
    expect(view.frame?.order).toBe(before?.order);
    const [message, buffers] = frame({ generation: 3 });
    view.take(message, [new DataView(Float32Array.of(1, 2, 3, 5).buffer), buffers[1]]);
    expect(view.frame?.map).toEqual(Float32Array.of(1, 2, 3, 5));
    expect(view.frame?.order).toBe(before?.order);
  });

  it("says what is left at a node, and nothing where none is known", () => {
    const view = new Erased();
    view.take(...frame());
    expect(view.at(0.25)).toEqual({ x: 0.25, y: 0.7 });
    expect(view.at(0.75)).toBeUndefined();
  });

  it("says the same along the slider where there are few parts", () => {
    const view = new Erased();
    view.take(...frame({ parts: 2, shares: [0, 0.5, 1], curve: [0.9, 0.4, 0.1] }));
    expect(view.at(0.6)).toEqual({ x: 0.5, y: 0.4 });
  });

  it("refuses what is older, and keeps the header", () => {
    const view = new Erased();
    view.take(...frame({ generation: 2 }));
    view.take(...frame({ generation: 1, area: 9 }));
    view.take(...frame({ generation: 3, header: null, area: 0.3 }));
    expect(view.frame?.area).toBe(0.3);
    expect(view.header?.title).toBe("Path");
  });
});

describe("the store", () => {
  afterEach(() => vi.useRealTimers());

  it("makes room for as many maps as the kernel judges", () => {
    const { model, store: made } = store();
    model.deliver(...frame({ views: 4, view: 3 }));
    expect(made.views.length).toBe(4);
    model.deliver(...frame({ views: 2, view: 0, generation: 2 }));
    expect(made.views.length).toBe(2);
  });

  it("adds a method with the kernel's help, and takes one away with the focus on its neighbour", () => {
    vi.useFakeTimers();
    const { model, store: made } = store();
    made.addCell("cover");
    made.removeCell(1);
    vi.runAllTimers();
    const [added, removed] = model.of("settle").map(({ changes }) => changes);
    expect(added).toEqual({ grid: [...STATE.grid, { method: "cover" }], focus: 2 });
    expect(removed).toEqual({ grid: [STATE.grid[0]], focus: 0 });
  });

  it("takes one method for a list of one", () => {
    const { store: made } = store({ grid: [] });
    expect(made.cells).toEqual([{ method: "path", options: {}, layer: null }]);
  });
});

describe("the maps", () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("tell their values at the pixel that keys point at, in the place of their areas", async () => {
    vi.useFakeTimers();
    fakeCanvases();
    const { model, store: made } = store();
    const el = view(made, new AbortController().signal);
    for (const place of [0, 1]) {
      const [message, [map, order]] = frame({ view: place, frame: place + 1 });
      const twice = new DataView(Float32Array.of(2, 4, 6, 8).buffer);
      model.deliver(message, [place === 0 ? map : twice, order]);
    }
    for (let turn = 0; turn < 3; turn++) await vi.advanceTimersByTimeAsync(40);
    const words = () => [...el.querySelectorAll(".xai-remain-said span")].map(({ textContent }) => textContent);
    expect(words()).toEqual(["area 0.45", "area 0.45"]);
    const panes = el.querySelector<HTMLElement>(".xai-remain-panes");
    expect(panes?.tabIndex).toBe(0);
    press(panes, "ArrowUp");
    expect(words()).toEqual(["2", "4"]);
    expect(el.querySelector(".xai-remain [role=status]")?.textContent).toBe("row 0, column 1: 2");
    expect([...el.querySelectorAll<HTMLElement>(".xai-across")].map(({ hidden }) => hidden)).toEqual(
      Array(4).fill(false),
    );
    press(panes, "Escape");
    expect(words()).toEqual(["area 0.45", "area 0.45"]);
  });
});

describe("the scale of a plot", () => {
  it("holds zero and all values, and ends at one where that is near", () => {
    expect(ends([0.2, 0.9])).toEqual([0, 1]);
    expect(ends([-0.4, 0.3])).toEqual([-0.4, 0.3]);
    expect(ends([2, 5])).toEqual([0, 5]);
    expect(ends([Number.NaN])).toEqual([0, 1]);
  });
});
