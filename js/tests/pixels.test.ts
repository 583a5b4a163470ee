import { describe, expect, it } from "vitest";
import fixture from "../../tests/fixtures/drawing.json";
import interpolations from "../../tests/fixtures/interpolation.json";
import colormaps from "../../xai_widgets/render/colormaps.json";
import { scaleGradient, tint } from "../src/shared/pixels/colormap";
import { Drawing } from "../src/shared/pixels/drawing";
import type { Look } from "../src/shared/pixels/look";
import { outlinePath, places } from "../src/shared/pixels/outline";
import { percentile } from "../src/shared/pixels/percentile";
import { photo } from "../src/shared/pixels/photo";
import { resize } from "../src/shared/pixels/resize";
import { type Sign, scaled, signFor } from "../src/shared/pixels/sign";
import type { Look as Chosen } from "../src/shared/protocol";

interface Case {
  name: string;
  map: number[] | number[][];
  picture: number[][][] | null;
  display: Look;
  limit: number;
  t: number[] | number[][];
  rgba: number[][][];
}

const cases = fixture.cases.map((one) => ({ ...one, display: look(one.display as Chosen) })) as Case[];

/** What is chosen by name, as it is drawn. */
function look(chosen: Chosen): Look {
  return { ...chosen, colormap: colormaps[chosen.colormap as keyof typeof colormaps] };
}

function prepared({ map, picture }: Case) {
  const values = Float32Array.from(map.flat());
  const shape = Array.isArray(map[0]) ? [map.length, map[0].length] : [map.length];
  const below =
    picture === null
      ? undefined
      : photo(
          Uint8ClampedArray.from(picture.flat().flatMap((rgb) => [...rgb, 255])),
          picture[0]?.length ?? 0,
          picture.length,
        );
  return { values, shape, below };
}

/** The largest difference between two rows of numbers. */
function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] ?? Number.NaN))));
}

describe("a drawing", () => {
  it.each(cases)("equals the fixture: $name", (example) => {
    const { values, shape, below } = prepared(example);
    const drawing = new Drawing();
    drawing.draw(values, shape, below, example.display);
    expect(drawing.limit).toBeCloseTo(example.limit, 5);
    const t = Array.from(drawing.plane.values.subarray(0, drawing.count), (value) =>
      scaled(value, drawing.limit, example.display.sign),
    );
    expect(apart(t, example.t.flat())).toBeLessThan(1e-5);
    expect([drawing.plane.height, drawing.plane.width]).toEqual([example.rgba.length, example.rgba[0]?.length]);
    expect(apart(drawing.rgba, example.rgba.flat(2))).toBeLessThanOrEqual(1);
  });

  it("gives the same after any other drawing, so nothing stale is kept", () => {
    const shared = new Drawing();
    for (const before of cases) {
      for (const example of [before, ...cases]) {
        const { values, shape, below } = prepared(example);
        shared.draw(values, shape, below, example.display);
        expect(apart(shared.rgba, example.rgba.flat(2)), `${before.name}, then ${example.name}`).toBeLessThanOrEqual(1);
      }
    }
  });

  it("redoes what one changed setting asks for", () => {
    const example = cases.find(({ name }) => name === "smoothed") as Case;
    const { values, shape, below } = prepared(example);
    const kept = new Drawing();
    kept.draw(values, shape, below, example.display);
    const changes: Partial<Look>[] = [
      { clip: 50 },
      { smoothing: 0 },
      { opacity: 0.3 },
      { sign: "absolute" },
      { layout: "beside" },
      { colormap: colormaps.cividis },
    ];
    for (const change of changes) {
      const look = { ...example.display, ...change };
      const fresh = new Drawing();
      fresh.draw(values, shape, below, look);
      const before = Array.from(kept.rgba);
      kept.draw(values, shape, below, look);
      expect(Array.from(kept.rgba)).toEqual(Array.from(fresh.rgba));
      expect(Array.from(kept.rgba), JSON.stringify(change)).not.toEqual(before);
      kept.draw(values, shape, below, example.display);
    }
  });

  it("draws what is not a number as nothing", () => {
    const drawing = new Drawing();
    const look = { ...(cases[0] as Case).display, layout: "beside" };
    drawing.draw(Float32Array.of(1, Number.NaN, 0, -1), [2, 2], undefined, look);
    expect(drawing.limit).toBeCloseTo(1);
    expect(Array.from(drawing.rgba.subarray(4, 8))).toEqual(Array.from(drawing.rgba.subarray(8, 12)));
  });
});

it("a photo is as bright as the eye takes its colours to be", () => {
  const { grey } = photo(Uint8ClampedArray.of(255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255), 3, 1);
  [0.299, 0.587, 0.114].forEach((share, i) => {
    expect((grey[i] ?? 0) / 255).toBeCloseTo(share, 4);
  });
});

describe("percentile", () => {
  it("agrees with sorting on many rows", () => {
    let seed = 1;
    const random = (): number => {
      seed = (seed * 16807) % 2147483647;
      return seed / 2147483647 - 0.5;
    };
    for (const length of [1, 2, 3, 10, 101, 1000]) {
      const values = Float32Array.from({ length }, () => Math.round(random() * 200) / 10);
      const sorted = Float32Array.from(values, Math.abs).sort();
      for (const percent of [0, 12.5, 50, 99.5, 100]) {
        const position = ((length - 1) * percent) / 100;
        const low = sorted[Math.floor(position)] ?? 0;
        const high = sorted[Math.ceil(position)] ?? 0;
        expect(percentile(values, percent)).toBeCloseTo(low + (high - low) * (position % 1), 5);
      }
    }
  });

  it("leaves the values as they are", () => {
    const values = Float32Array.of(3, -1, 2);
    percentile(values, 50);
    expect(Array.from(values)).toEqual([3, -1, 2]);
  });

  it("is 0 for no values", () => expect(percentile(new Float32Array(0), 99)).toBe(0));
});

describe("colour maps", () => {
  it.each(Object.entries(colormaps))("%s starts and ends at its own colours", (_, colormap) => {
    const color = new Float64Array(3);
    tint(colormap, -1, "both", color);
    expect(Array.from(color)).toEqual(colormap.colors[0]);
    tint(colormap, 1, "both", color);
    expect(Array.from(color)).toEqual(colormap.colors.at(-1));
  });

  it("shows in the legend the half that is in use", () => {
    const look = { colormap: colormaps.red_blue, sign: "both" as Sign, opacity: 0.8 };
    expect(scaleGradient(look, undefined)).toContain("rgb(33 102 172)");
    expect(scaleGradient({ ...look, sign: "positive" }, undefined)).not.toContain("rgb(33 102 172)");
    expect(scaleGradient({ ...look, colormap: colormaps.viridis, sign: "positive" }, undefined)).toContain(
      "rgb(68 1 84)",
    );
  });

  it("shows in the legend what is drawn, over the brightest and the darkest grey of the picture", () => {
    const look: Look = {
      layout: "blended",
      colormap: colormaps.red_blue,
      sign: "both",
      clip: 100,
      opacity: 0.8,
      smoothing: 0,
    };
    const values = Float32Array.from([-1, -0.5, 0, 0.5, 1, -1, -0.5, 0, 0.5, 1]);
    const greys = [...Array(5).fill(20), ...Array(5).fill(220)].flatMap((grey) => [grey, grey, grey, 255]);
    const below = photo(Uint8ClampedArray.from(greys), 5, 2);
    const drawing = new Drawing();
    drawing.draw(values, [2, 5], below, look);
    const [bright = "", dark = ""] = scaleGradient(look, below.range).split("no-repeat,");
    for (const [line, row] of [[dark, 0] as const, [bright, 1] as const]) {
      const stops = [...line.matchAll(/rgb\((\d+) (\d+) (\d+)\)/g)].map((found) => found.slice(1).map(Number));
      // The stops at -1, -0.5, 0, 0.5 and 1, and the pixels of these values.
      for (const place of [0, 1, 2, 3, 4]) {
        const pixel = [...drawing.rgba.slice(4 * (5 * row + place), 4 * (5 * row + place) + 3)];
        pixel.forEach((part, channel) => {
          expect(Math.abs(part - (stops[4 * place]?.[channel] ?? 0))).toBeLessThanOrEqual(1);
        });
      }
    }
  });
});

describe("scaled", () => {
  const rows: [number, Sign, number][] = [
    [-3, "both", -1],
    [-1, "both", -0.5],
    [-1, "positive", 0],
    [-1, "absolute", 0.5],
    [9, "absolute", 1],
  ];
  it.each(rows)("%d with %s is %d", (value, sign, t) => expect(scaled(value, 2, sign)).toBe(t));
});

describe("a map of a layer", () => {
  it("is interpolated to the picture between pixel centres, as Python does", () => {
    for (const { plane, width, height, expected } of interpolations) {
      const values = Float32Array.from(plane.flat());
      const found = resize({ values, width: plane[0]?.length ?? 0, height: plane.length }, width, height);
      expect([found.width, found.height]).toEqual([width, height]);
      expected.flat().forEach((value, i) => {
        expect(found.values[i]).toBeCloseTo(value, 5);
      });
    }
  });

  it("that is never negative has a scale with one side", () => {
    expect(signFor("both", ["", "for"])).toBe("positive");
    expect(signFor("both", ["against", "for"])).toBe("both");
    expect(signFor("absolute", ["", "for"])).toBe("absolute");
  });
});

describe("the outline of a segment", () => {
  it("runs along the edges of its places", () => {
    const runs = { width: 3, height: 3, runs: [4, 1, 4] };
    expect([...places(runs)]).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0]);
    expect(
      outlinePath(runs)
        .match(/M\d \d[hv]1/g)
        ?.sort(),
    ).toEqual(["M1 1h1", "M1 1v1", "M1 2h1", "M2 1v1"]);
  });

  it("does not run along the border of the picture", () => {
    expect(outlinePath({ width: 2, height: 2, runs: [0, 4] })).toBe("");
  });
});
