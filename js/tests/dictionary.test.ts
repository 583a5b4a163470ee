import { describe, expect, it } from "vitest";
import { mostChanged } from "../src/dictionary/answers";
import { scaleOf, share } from "../src/dictionary/curves";
import { mosaic } from "../src/dictionary/mosaic";
import { amounts } from "../src/dictionary/opened";
import { photo } from "../src/shared/pixels/photo";
import type { OptionEntry } from "../src/shared/protocol";
import { toValue } from "../src/shared/scale";

/** A picture of which each pixel is red by its number. */
function numbered(width: number, height: number) {
  const rgba = new Uint8ClampedArray(4 * width * height);
  for (let place = 0; place < width * height; place++) rgba.set([place, 0, 0, 255], 4 * place);
  return photo(rgba, width, height);
}

const reds = (rgba: Uint8ClampedArray): number[] => [...rgba].filter((_, place) => place % 4 === 0);

describe("the tile of a feature", () => {
  it("has a single piece for itself", () => {
    const found = mosaic([[0, 1, 3, 2, 4]], [4, 4], () => numbered(4, 4));
    expect([found?.width, found?.height]).toEqual([2, 2]);
    expect(reds(found?.rgba ?? new Uint8ClampedArray())).toEqual([6, 7, 10, 11]);
  });

  it("has four pieces two by two, with a gap", () => {
    const sights = [0, 1, 2, 3].map((number) => [number, 0, 1, number, number + 1]);
    const found = mosaic(sights, [1, 4], () => numbered(4, 1));
    expect([found?.width, found?.height]).toEqual([3, 3]);
    expect(reds(found?.rgba ?? new Uint8ClampedArray())).toEqual([0, 0, 1, 0, 0, 0, 2, 0, 3]);
  });

  it("reads pictures that are larger than the input", () => {
    const found = mosaic([[0, 1, 2, 0, 1]], [2, 2], () => numbered(4, 4));
    expect(reds(found?.rgba ?? new Uint8ClampedArray())).toEqual([8, 9, 12, 13]);
  });

  it("is not drawn before a picture is read", () => {
    expect(mosaic([[0, 0, 1, 0, 1]], [2, 2], () => undefined)).toBeUndefined();
    expect(mosaic([], [2, 2], () => numbered(2, 2))).toBeUndefined();
  });
});

it("a picture is as bright as its part of the most there is in any of them", () => {
  const frame = { maps: Float32Array.from([0, 2, 4, 1]), shape: [2, 1, 2] };
  expect([...amounts(frame, 0, 2, 1)]).toEqual([0, 0.5]);
  expect([...amounts(frame, 1, 2, 1)]).toEqual([1, 0.25]);
  expect([...amounts({ ...frame, maps: Float32Array.from([0, -2, -4, 0]) }, 1, 2, 1)]).toEqual([0, 0]);
});

describe("a slider in halves of doublings", () => {
  const option = { slider: [0.01, 0.08], step: 0.5, scale: "doublings", kind: "number" } as unknown as OptionEntry;

  it("has its ends at 0 and 1", () => {
    const scale = scaleOf(option);
    expect([0.001, 0.01, 0.08, 1].map((value) => share(scale, value))).toEqual([0, 0, 1, 1]);
    expect(share(scale, 0.02)).toBeCloseTo(1 / 3);
    expect(toValue(scale, 0.5)).toBe(0.0141421);
  });
});

it("the classes that change most stand beside all pictures, in their order", () => {
  const row = (name: string, before: number, after: number | null) => ({ name, count: 1, before, after });
  const rows = [row("all", 1, 1), row("a", 1, 0.9), row("b", 1, 1), row("c", 0.5, 1), row("d", 1, null)];
  expect(mostChanged(rows, 2).map(({ name }) => name)).toEqual(["all", "a", "c"]);
  expect(mostChanged(rows, 9)).toEqual(rows);
});
