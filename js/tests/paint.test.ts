import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import ellipses from "../../tests/fixtures/ellipse.json";
import layers from "../../tests/fixtures/paint.json";
import { handleAt, handles, pulled } from "../src/paint/overlay";
import { newHistory, Paints } from "../src/paint/paints";
import { type Ellipse, face, inside, outside } from "../src/paint/pixels/ellipse";
import {
  composite,
  cover,
  cut,
  difference,
  emptyLayer,
  fromRuns,
  isEmpty,
  type Layer,
  paste,
  uncover,
} from "../src/paint/pixels/layer";
import { PaintStore } from "../src/paint/store";
import { fromHex, toHex } from "../src/paint/tool";
import { mark, stepped } from "../src/shared/pixels/stroke";
import type { PaintTraits } from "../src/shared/protocol";
import { FakeModel, frame, header, traits } from "./fake_model";

const rows = (mask: Uint8Array, width: number): string[] =>
  Array.from({ length: mask.length / width }, (_, row) =>
    Array.from(mask.subarray(row * width, (row + 1) * width), (pixel) => (pixel ? "#" : ".")).join(""),
  );
const layer = (...pixels: number[][]): Layer => new Uint8ClampedArray(pixels.flat());
const MAGENTA = [205, 5, 150] as const;

describe("the ellipse", () => {
  it.each(ellipses.cases)(
    "has the pixels that Python has: $name",
    ({ width, height, center, radii, above, outside: expected }) => {
      const whole = face(width, height);
      const ellipse: Ellipse = {
        x: center?.[0] ?? whole.x,
        y: center?.[1] ?? whole.y,
        radiusX: radii?.[0] ?? whole.radiusX,
        radiusY: radii?.[1] ?? whole.radiusY,
        above: above ?? whole.above,
      };
      expect(rows(outside(ellipse, width, height), width)).toEqual(expected);
    },
  );

  it("shares no pixel between inside and outside, and leaves none above the line", () => {
    const ellipse = face(64, 64);
    const within = inside(ellipse, 64, 64);
    const beyond = outside(ellipse, 64, 64);
    for (let i = 0; i < 64 * 54; i++) expect((within[i] ?? 0) + (beyond[i] ?? 0)).toBe(1);
  });

  it("is taken hold of at its handles, within, and nowhere else", () => {
    const ellipse: Ellipse = { x: 31.5, y: 31.5, radiusX: 10, radiusY: 20, above: 40 };
    const spots = handles(ellipse, 64);
    expect(handleAt(ellipse, 64, 64, spots.left)).toBe("left");
    expect(handleAt(ellipse, 64, 64, { x: spots.bottom.x + 1, y: spots.bottom.y })).toBe("bottom");
    expect(handleAt(ellipse, 64, 64, spots.above)).toBe("above");
    expect(handleAt(ellipse, 64, 64, { x: 32, y: 30 })).toBe("whole");
    expect(handleAt(ellipse, 64, 64, { x: 60, y: 10 })).toBeUndefined();
  });

  it("can be caught where a handle lies beyond the border", () => {
    const ellipse = { ...face(64, 64), radiusY: 50 };
    expect(handleAt(ellipse, 64, 64, { x: 32, y: 64 })).toBe("bottom");
  });

  it("follows what pulls it, and never turns inside out", () => {
    const ellipse: Ellipse = { x: 31.5, y: 34, radiusX: 22, radiusY: 32, above: 54 };
    expect(pulled(ellipse, "whole", 2, -3, 64, 64)).toEqual({ ...ellipse, x: 33.5, y: 31 });
    expect(pulled(ellipse, "left", -4, 9, 64, 64)).toEqual({ ...ellipse, radiusX: 26 });
    expect(pulled(ellipse, "right", -100, 0, 64, 64).radiusX).toBe(1);
    expect(pulled(ellipse, "top", 5, 5, 64, 64)).toEqual({ ...ellipse, radiusY: 27 });
    expect(pulled(ellipse, "above", 0, 100, 64, 64).above).toBe(64);
  });
});

describe("a stroke", () => {
  const stroke = (width: number, height: number, points: [number, number][], size: number): string[] => {
    const mask = new Uint8Array(width * height);
    const places = points.map(([x, y]) => ({ x, y }));
    places.forEach((place, i) => {
      mark(mask, width, height, places[Math.max(i - 1, 0)] as { x: number; y: number }, place, size / 2);
    });
    return rows(mask, width);
  };

  it("is round", () => {
    expect(stroke(7, 7, [[3.5, 3.5]], 5)).toEqual(
      ["", ".......", "..###..", ".#####.", ".#####.", ".#####.", "..###..", "......."].slice(1),
    );
  });

  it("is one pixel with the thinnest brush, wherever in it the pointer is", () => {
    for (const spot of [2.01, 2.5, 2.99]) expect(stroke(5, 5, [[spot, spot]], 1)[2]?.charAt(2)).toBe("#");
    expect(stroke(3, 3, [[1.5, 1.5]], 1)).toEqual(["...", ".#.", "..."]);
  });

  it("leaves no gap however fast the pointer is", () => {
    const line = stroke(
      20,
      9,
      [
        [0.5, 0.5],
        [19.5, 8.5],
      ],
      1,
    );
    for (let column = 0; column < 20; column++) expect(line.some((row) => row[column] === "#")).toBe(true);
  });

  it("covers what is within the radius of its way, and nothing else", () => {
    const found = stroke(
      12,
      10,
      [
        [2, 3],
        [9, 7],
      ],
      4,
    );
    found.forEach((row, y) => {
      [...row].forEach((pixel, x) => {
        let nearest = Number.POSITIVE_INFINITY;
        for (let t = 0; t <= 1; t += 1 / 512) {
          nearest = Math.min(nearest, Math.hypot(x + 0.5 - (2 + 7 * t), y + 0.5 - (3 + 4 * t)));
        }
        if (Math.abs(nearest - 2) > 0.01) expect(pixel, `${x}, ${y}`).toBe(nearest < 2 ? "#" : ".");
      });
    });
  });

  it("may leave the picture", () => {
    expect(
      stroke(
        3,
        3,
        [
          [-5, 1.5],
          [9, 1.5],
        ],
        1,
      ),
    ).toEqual(["...", "###", "..."]);
    expect(stroke(3, 3, [[-5, -5]], 2)).toEqual(["...", "...", "..."]);
  });
});

describe("a layer", () => {
  it.each(layers.cases)("is read as Python writes it: $name", ({ runs, width, height, pixels }) => {
    expect([...fromRuns(runs, width, height)]).toEqual(pixels.flat());
  });

  it("is covered, and with an opacity the colours mix", () => {
    const below = layer([0, 0, 0, 0], [100, 100, 100, 255], [10, 20, 30, 255]);
    const target = emptyLayer(3, 1);
    cover(target, below, Uint8Array.of(1, 1, 0), MAGENTA, 1);
    expect([...target]).toEqual([205, 5, 150, 255, 205, 5, 150, 255, 10, 20, 30, 255]);
    cover(target, below, Uint8Array.of(1, 1, 0), MAGENTA, 0.5);
    expect([...target]).toEqual([205, 5, 150, 128, 152, 52, 125, 255, 10, 20, 30, 255]);
    expect(below[4]).toBe(100);
  });

  it("mixes as one film over another: the same picture, whether they are laid on one by one or together", () => {
    const picture = Uint8ClampedArray.of(200, 100, 50, 255);
    const first = emptyLayer(1, 1);
    cover(first, emptyLayer(1, 1), Uint8Array.of(1), [0, 80, 160], 0.6);
    const second = emptyLayer(1, 1);
    cover(second, first, Uint8Array.of(1), [250, 0, 0], 0.3);
    const once = composite(picture, second);
    const byHand = [200, 100, 50].map((value, i) => {
      const under = value * 0.4 + ([0, 80, 160][i] as number) * 0.6;
      return under * 0.7 + ([250, 0, 0][i] as number) * 0.3;
    });
    byHand.forEach((value, i) => {
      expect(Math.abs((once[i] as number) - value)).toBeLessThan(1.5);
    });
  });

  it("shows the picture to the bit where there is none, or where it was taken off", () => {
    const picture = Uint8ClampedArray.from({ length: 64 }, (_, i) => (i % 4 === 3 ? 255 : (37 * i) % 256));
    expect(composite(picture, emptyLayer(4, 4))).toEqual(picture);
    const painted = emptyLayer(4, 4);
    cover(painted, emptyLayer(4, 4), new Uint8Array(16).fill(1), MAGENTA, 0.4);
    const cleared = emptyLayer(4, 4);
    uncover(cleared, painted, new Uint8Array(16).fill(1));
    expect(cleared).toEqual(emptyLayer(4, 4));
    expect(isEmpty(cleared)).toBe(true);
    expect(composite(picture, cleared)).toEqual(picture);
  });

  it("takes another picture where it is pasted", () => {
    const target = emptyLayer(2, 1);
    paste(target, emptyLayer(2, 1), Uint8Array.of(0, 1), Uint8ClampedArray.of(1, 2, 3, 255, 4, 5, 6, 255));
    expect([...target]).toEqual([0, 0, 0, 0, 4, 5, 6, 255]);
  });

  it("differs in a rectangle, which is cut out", () => {
    const before = emptyLayer(5, 4);
    const after = emptyLayer(5, 4);
    expect(difference(before, after, 5)).toBeUndefined();
    after[4 * (1 * 5 + 2)] = 7;
    after[4 * (3 * 5 + 1) + 3] = 9;
    const rectangle = difference(before, after, 5);
    expect(rectangle).toEqual({ x: 1, y: 1, width: 2, height: 3 });
    const part = cut(after, 5, rectangle as NonNullable<typeof rectangle>);
    expect([part.length, part[4], part[4 * 4 + 3]]).toEqual([24, 7, 9]);
  });
});

describe("history", () => {
  const a = layer([1, 0, 0, 255]);
  const b = layer([2, 0, 0, 255]);
  const c = layer([3, 0, 0, 255]);

  it("goes back and forth, and a new change forgets what was taken back", () => {
    const history = newHistory();
    expect(history.undo(a)).toBeUndefined();
    history.add(a);
    history.add(b);
    expect(history.undo(c)).toBe(b);
    expect(history.redo(b)).toBe(c);
    expect(history.undo(c)).toBe(b);
    expect(history.undo(b)).toBe(a);
    expect(history.canUndo).toBe(false);
    history.add(a);
    expect(history.canRedo).toBe(false);
  });

  it("keeps many small steps, and fewer large ones", () => {
    const history = newHistory();
    const large = new Uint8ClampedArray(16 * 2 ** 20);
    for (let i = 0; i < 10; i++) history.add(large);
    let steps = 0;
    while (history.undo(large) !== undefined) steps++;
    expect(steps).toBe(3);
  });
});

describe("paint on several pictures", () => {
  const sizes = [
    { width: 3, height: 2 },
    { width: 2, height: 2 },
  ];
  const full = (width: number, height: number): Layer => emptyLayer(width, height).fill(255);

  it("is one step for a stroke of many stages, and none where nothing changed", () => {
    const paints = new Paints(sizes, "me");
    paints.begin(0);
    paints.put(0, layer(...Array(6).fill([9, 9, 9, 255])));
    paints.put(0, full(3, 2));
    expect(paints.end(0)).toBe(true);
    paints.begin(0);
    expect(paints.end(0)).toBe(false);
    expect(paints.undo(0)).toBe(true);
    expect(paints.isPainted(0)).toBe(false);
    expect(paints.redo(0)).toBe(true);
    expect(paints.layer(0)).toEqual(full(3, 2));
  });

  it("tells the kernel what it does not have, once", () => {
    const paints = new Paints(sizes, "me");
    const one = emptyLayer(3, 2);
    one.fill(255, 4 * 4, 4 * 5);
    paints.put(0, one);
    paints.put(1, full(2, 2));
    const { patches, buffers } = paints.unsent();
    expect(patches).toEqual([
      { index: 0, by: "me", x: 1, y: 1, width: 1, height: 1 },
      { index: 1, by: "me", x: 0, y: 0, width: 2, height: 2 },
    ]);
    expect(buffers.map(({ byteLength }) => byteLength)).toEqual([4, 16]);
    expect(paints.unsent().patches).toEqual([]);
  });

  it("takes what Python painted, which can be taken back, but not under a stroke", () => {
    const paints = new Paints(sizes, "me");
    paints.take(0, full(3, 2));
    expect(paints.unsent().patches).toEqual([]);
    expect(paints.undo(0)).toBe(true);
    expect(paints.unsent().patches).toHaveLength(1);
    paints.begin(0);
    paints.put(0, full(3, 2));
    paints.take(0, emptyLayer(3, 2));
    expect(paints.layer(0)).toEqual(full(3, 2));
  });
});

describe("tools", () => {
  it("write colours as the page does", () => {
    expect(toHex(MAGENTA)).toBe("#cd0596");
    expect(fromHex("#cd0596")).toEqual(MAGENTA);
  });

  it("grow and shrink within bounds", () => {
    expect(stepped(1, -1, 32)).toBe(1);
    expect(stepped(1, 1, 32)).toBe(2);
    expect(stepped(31, 1, 32)).toBe(32);
    expect(stepped(20, -1, 32)).toBe(16);
  });
});

describe("the store", () => {
  const RED: Layer = layer([255, 0, 0, 255], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]);

  class Kernel extends FakeModel {
    readonly packets: ArrayBuffer[][] = [];
    override send(content: Record<string, unknown>, _?: unknown, buffers: ArrayBuffer[] = []): void {
      super.send(content);
      if (content.type === "request") this.packets.push(buffers);
    }
  }

  function open(painted: PaintTraits["_paint"] = { by: null, layers: {} }) {
    const all = traits() as Record<string, unknown>;
    const pictures = [0, 1].map((i) => ({ label: `p${i}`, width: 2, height: 2, src: "data:," }));
    const catalogue = { ...(all.catalogue as object), pictures, grey: false };
    const model = new Kernel({ ...all, index: 0, catalogue, _paint: painted });
    return { model, store: new PaintStore(model as never) };
  }
  const state = (message: Record<string, unknown> | undefined) => message?.state as Record<string, unknown>;

  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("sends each stage of a stroke as the rectangle that changed, and says when it is done", async () => {
    const { model, store } = open();
    store.begin();
    store.put(RED);
    await vi.advanceTimersByTimeAsync(20);
    expect(state(model.of("request")[0])).toMatchObject({
      bare: false,
      paint: [{ index: 0, x: 0, y: 0, width: 1, height: 1 }],
    });
    expect([...new Uint8Array(model.packets[0]?.[0] as ArrayBuffer)]).toEqual([255, 0, 0, 255]);
    expect(model.of("settle")).toHaveLength(0);
    store.end();
    expect(model.of("settle")).toHaveLength(1);
    expect(model.of("request")).toHaveLength(1);
    store.close();
  });

  it("sends what is still unsent before it says that a stroke is done", () => {
    const { model, store } = open();
    store.begin();
    store.put(RED);
    store.end();
    expect(model.sent.slice(-2).map(({ type }) => type)).toEqual(["request", "settle"]);
    store.close();
  });

  it("keeps a stroke on its picture when Python turns to another one", async () => {
    const { model, store } = open();
    store.begin();
    store.put(RED);
    model.arrive({ index: 1 });
    await vi.advanceTimersByTimeAsync(20);
    store.put(layer([255, 0, 0, 255], [255, 0, 0, 255], [0, 0, 0, 0], [0, 0, 0, 0]));
    store.end();
    expect(store.paints.isPainted(0)).toBe(true);
    expect(store.paints.isPainted(1)).toBe(false);
    store.close();
  });

  it("sends the paint of a refused request once more", async () => {
    const { model, store } = open();
    store.begin();
    store.put(RED);
    await vi.advanceTimersByTimeAsync(20);
    const { request } = model.of("request")[0] as { request: number };
    model.deliver({ type: "error", frame: 1, generation: 1, request, view: null, message: "There is no class 9." });
    store.put(layer([255, 0, 0, 255], [0, 0, 0, 0], [0, 0, 0, 0], [0, 255, 0, 255]));
    await vi.advanceTimersByTimeAsync(300);
    expect(state(model.of("request")[1])).toMatchObject({ paint: [{ index: 0, x: 0, y: 0, width: 2, height: 2 }] });
    store.close();
  });

  it("undoes by sending the layer before", () => {
    const { model, store } = open();
    store.apply((_, target) => target.set(RED));
    store.undo();
    expect(store.paints.isPainted(0)).toBe(false);
    expect([...new Uint8Array(model.packets.at(-1)?.[0] as ArrayBuffer)]).toEqual([0, 0, 0, 0]);
    expect(model.of("settle")).toHaveLength(2);
    store.redo();
    expect(store.paints.layer(0)).toEqual(RED);
    store.reset();
    expect(store.paints.isPainted(0)).toBe(false);
    store.undo();
    expect(store.paints.layer(0)).toEqual(RED);
    store.close();
  });

  it("looks at the picture as it was given, and paints again on the painted one", () => {
    const { model, store } = open();
    store.apply((_, target) => target.set(RED));
    store.look(true);
    expect(state(model.of("request").at(-1))).toMatchObject({ bare: true, paint: [] });
    store.begin();
    store.put(RED.slice());
    store.end();
    expect(store.bare).toBe(false);
    store.close();
  });

  it("takes what Python painted, and not what it painted itself", async () => {
    const { model, store } = open({ by: null, layers: { 1: [4, 0xff0000ff] } });
    expect(store.paints.isPainted(1)).toBe(true);
    store.apply((_, target) => target.set(RED));
    const by = (state(model.of("request")[0]).paint as { by: string }[])[0]?.by as string;
    model.arrive({ _paint: { by, layers: {} } });
    expect(store.paints.layer(0)).toEqual(RED);
    model.arrive({ _paint: { by: null, layers: { 0: [4, 0x00ff00ff] } } });
    expect([...store.paints.layer(0).subarray(0, 4)]).toEqual([0, 255, 0, 255]);
    expect(store.paints.isPainted(1)).toBe(false);
    store.undo();
    expect(store.paints.layer(0)).toEqual(RED);
    store.close();
  });

  it("opens on what the kernel shows", async () => {
    const { model, store } = open({ by: null, layers: { 0: [4, 0xff0000ff] } });
    const bare = { ...header(), before: [], bare: true };
    model.deliver(...frame({ view: 0, header: bare as never, request: null }));
    await vi.advanceTimersByTimeAsync(40);
    expect(store.bare).toBe(true);
    store.close();
    expect(model.listenerCount).toBe(0);
    expect(store.signals.size).toBe(0);
  });
});
