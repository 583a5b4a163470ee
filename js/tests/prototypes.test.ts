import { describe, expect, it } from "vitest";
import { billOf, type PrototypeFrame, probabilities, signed, span, totals } from "../src/prototypes/bill";

/** Three prototypes and two classes, which are the second and the fifth of a network's. */
const frame = {
  shape: [2, 3],
  classes: [1, 4],
  maps: Float32Array.from([1, -0.5, 2, -1, 3, 0.25]),
  similarities: [4, 2, 1],
  bias: [0.5, -1],
  rows: [{ unit: 2 }, { unit: 0 }],
} as unknown as PrototypeFrame;

describe("a bill", () => {
  it("adds similarity times weight, the others and the bias up to the score", () => {
    const { items, others, bias, total } = billOf(frame, 4, []);
    expect(items.map(({ points, weight }) => [points, weight])).toEqual([
      [0.25, 0.25],
      [-4, -1],
    ]);
    expect([others.points, bias.points]).toEqual([6, -1]);
    expect(total).toBe(0.25 - 4 + 6 - 1);
  });

  it("runs from one item to the next", () => {
    const { items, others, bias, total } = billOf(frame, 1, []);
    const ends = [...items, others, bias].map(({ from, to }) => [from, to]);
    expect(ends).toEqual([
      [0, 2],
      [2, 6],
      [6, 5],
      [5, 5.5],
    ]);
    expect(total).toBe(5.5);
  });

  it("has nothing of what is struck out, in view or not", () => {
    expect(billOf(frame, 1, [0]).total).toBe(1.5);
    expect(billOf(frame, 1, [0]).items[1]?.points).toBe(0);
    expect(billOf(frame, 1, [1]).total).toBe(6.5);
    expect(totals(frame, [1, 2])).toEqual([4.5, -5]);
  });

  it("has one scale for both classes, with zero on it", () => {
    expect(span([billOf(frame, 1, []), billOf(frame, 4, [])])).toEqual([-3.75, 6]);
    expect(span([])).toEqual([0, 0]);
  });
});

describe("what it says", () => {
  it("are probabilities of all classes", () => {
    const [one = 0, other = 0] = probabilities([1000, 1000 - Math.log(3)]);
    expect(one).toBeCloseTo(0.75);
    expect(other).toBeCloseTo(0.25);
  });

  it("are points with their sign", () => {
    expect([2.768, -1.3, 0.001, -0.004, 123.4].map(signed)).toEqual(["+2.77", "−1.30", "0", "0", "+123"]);
  });
});
