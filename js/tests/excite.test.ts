import { describe, expect, it } from "vitest";
import { along, type GrownFrame, pixels } from "../src/excite/grown";

function frame(shape: readonly number[], values: readonly number[]): GrownFrame {
  return { shape, pictures: Float32Array.from(values) } as unknown as GrownFrame;
}

describe("a picture in parts of the range", () => {
  it("has colours where it has three channels", () => {
    const two = frame([2, 1, 2, 3], [0, 0, 0, 0, 0, 0, 1, 0, 0.4, 0, 1, 0]);
    expect([...pixels(two, 0)]).toEqual([0, 0, 0, 255, 0, 0, 0, 255]);
    expect([...pixels(two, 1)]).toEqual([255, 0, 102, 255, 0, 255, 0, 255]);
  });

  it("is grey where it has one, and the mean of any other number", () => {
    expect([...pixels(frame([1, 1, 2, 1], [0.2, 1]), 0)]).toEqual([51, 51, 51, 255, 255, 255, 255, 255]);
    expect([...pixels(frame([1, 1, 1, 4], [0, 0.4, 0.4, 0]), 0)]).toEqual([51, 51, 51, 255]);
  });
});

describe("the scale of roughness", () => {
  it("leaves more room to small values, and ends with noise", () => {
    expect(along(0)).toBe(0);
    expect(along(0.125)).toBeCloseTo(0.5);
    expect(along(2)).toBe(1);
  });
});
