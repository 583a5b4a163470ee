import { describe, expect, it } from "vitest";
import { classesAlong } from "../src/concepts/classes";
import { effectValue } from "../src/concepts/lane";
import { cloud, type EffectFrame, reach, said, ticks } from "../src/concepts/seen";
import type { EffectRow } from "../src/shared/protocol";

const ROW: EffectRow = {
  effect: 12.03,
  error: 0.27,
  changed: 11.8,
  share: 0.016,
  signs: 1,
  alike: 0.97,
  runs: 2,
  examples: 40,
  counterpart: 40,
};

function frame(rows: readonly (EffectRow | null)[], random: number[], along: number[] = []): EffectFrame {
  return {
    rows,
    random: Float32Array.from(random),
    along: Float32Array.from(along),
    chances: true,
  } as unknown as EffectFrame;
}

describe("the scale", () => {
  it("holds zero, effects with their errors, what really changes, and clouds", () => {
    const [low, high] = reach([frame([ROW, null], [-3, 1, 99, 99])]);
    const room = 0.05 * (12.3 + 3);
    expect(low).toBeCloseTo(-3 - room);
    expect(high).toBeCloseTo(12.3 + room);
  });

  it("is there while nothing is known", () => {
    expect(reach([])).toEqual([-1, 1]);
    expect(reach([frame([null], [])])).toEqual([-1, 1]);
  });

  it("has round ticks within its ends", () => {
    expect(ticks([-3.9, 13.1])).toEqual([0, 5, 10]);
    expect(ticks([-0.6, 2.9])).toEqual([0, 1, 2]);
    expect(ticks([-0.031, 0.012])).toEqual([-0.02, 0]);
  });
});

describe("a cloud", () => {
  it("has as many dots as there were runs, of its own row", () => {
    const rows = [ROW, { ...ROW, runs: 3 }];
    expect([...cloud(frame(rows, [1, 2, 0, 4, 5, 6]), 0)]).toEqual([1, 2]);
    expect([...cloud(frame(rows, [1, 2, 0, 4, 5, 6]), 1)]).toEqual([4, 5, 6]);
  });
});

describe("what is said at a stop", () => {
  it("is the softmax of the scores there, however large they are", () => {
    const along = [0, 0, 1000, 1000 + Math.log(3)];
    expect(said(frame([], [], along), 0, 2)).toEqual([0.5, 0.5]);
    expect(said(frame([], [], along), 1, 2)[1]).toBeCloseTo(0.75, 4);
    expect(said({ ...frame([], [], along), chances: false }, 0, 2)).toEqual([0, 0]);
  });

  it("shows the class asked about, and those that are largest anywhere on the way", () => {
    const along = [9, 0, 0, 0, 0, 0, 0, 0, 0, 8];
    expect(classesAlong([frame([], [], along)], 2, 5, 2)).toEqual([2, 0, 4, 1]);
  });
});

describe("an effect in words", () => {
  it("goes to the place up to which it is known", () => {
    expect(effectValue(ROW)).toBe("+12.03 ± 0.27");
    expect(effectValue({ effect: 0.0907, error: 0.38 })).toBe("+0.09 ± 0.38");
    expect(effectValue({ effect: -0.001, error: 0.38 })).toBe("0.00 ± 0.38");
    expect(effectValue({ effect: -1234.5, error: 120 })).toBe("−1235 ± 120");
    expect(effectValue({ effect: -2.4871, error: null })).toBe("−2.49");
  });
});
