import { describe, expect, it } from "vitest";
import { fitOf, formulaWords, held } from "../src/units/formula";
import { lit, type UnitFrame, where } from "../src/units/seen";

const CONCEPTS = ["pot", "white", "stem"];
const ATOMS = { atoms: [[], [0], [1], [0, 1], [2]], pixels: [50, 20, 10, 5, 15], hits: [1, 2, 6, 4, 3] };

describe("a formula", () => {
  it("is taken from left to right", () => {
    const formula = [
      ["", "pot"],
      ["or", "white"],
      ["and not", "stem"],
    ] as const;
    expect(held(formula, CONCEPTS, ATOMS)).toEqual([false, true, true, true, false]);
    expect(formulaWords(formula)).toBe("pot or white and not stem");
  });

  it("may begin with what is not, and join it", () => {
    expect(held([["not", "white"]], CONCEPTS, ATOMS)).toEqual([true, true, false, false, true]);
    const formula = [
      ["", "stem"],
      ["or not", "pot"],
    ] as const;
    expect(held(formula, CONCEPTS, ATOMS)).toEqual([true, false, true, false, true]);
  });

  it("holds nothing without concepts", () => {
    expect(held([], CONCEPTS, ATOMS)).toEqual(Array(5).fill(false));
    expect(fitOf(held([], CONCEPTS, ATOMS), ATOMS).iou).toBe(0);
  });
});

describe("how well it fits", () => {
  it("is the intersection over the union of all places", () => {
    const { iou, ceiling, share } = fitOf(held([["", "white"]], CONCEPTS, ATOMS), ATOMS);
    // White is at 15 places, the unit is on at 16, both at 10.
    expect(iou).toBeCloseTo(10 / 21);
    expect(ceiling).toBeCloseTo(15 / 16);
    expect(share).toBeCloseTo(0.15);
  });
});

describe("a picture", () => {
  const frame = {
    maps: Float32Array.from([0, 0, 0, 0, 1, -1, -1, -1]),
    shape: [2, 2, 2],
    regions: [
      [0, 4],
      [1, 1, 3, 2, 0, 1],
    ],
  } as unknown as UnitFrame;

  it("is bright where its own map is above the threshold", () => {
    expect([...lit(frame, 0, 2, 2)]).toEqual([0, 0, 0, 0]);
    expect([...lit(frame, 1, 2, 2)]).toEqual([1, 0, 0, 0]);
    expect(lit(frame, 1, 4, 4).reduce((sum, one) => sum + one)).toBeGreaterThan(1);
  });

  it("is bordered where the atoms of its places are held", () => {
    expect(where(frame, 1, [false, true, false, false], 2, 2)).toEqual({ width: 2, height: 2, runs: [0, 1, 3] });
    expect(where(frame, 1, [false, false, false, true], 2, 2)).toEqual({ width: 2, height: 2, runs: [1, 2, 1] });
    expect(where(frame, 7, [true], 2, 2)).toBeNull();
  });
});
