import { describe, expect, it, vi } from "vitest";
import { markedWords, verdict } from "../src/explorer/marking/words";
import { places } from "../src/shared/pixels/outline";
import { disc, type Mask, overlap, toRuns } from "../src/shared/pixels/overlap";

function masked(width: number, height: number, inside: (x: number, y: number) => boolean): Mask {
  const marked = Array.from({ length: width * height }, (_, i) => Number(inside(i % width, Math.floor(i / width))));
  return { width, height, inside: Uint8Array.from(marked) };
}

/** A generator that gives the same numbers each time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return state / 2 ** 31 - 0.5;
  };
}

describe("how much of a map lies in a mark", () => {
  it("is what the definition says, place by place", () => {
    const next = numbers(3);
    const map = Float32Array.from({ length: 42 }, next);
    const mask = masked(7, 6, () => next() > 0.2);
    const size = [...map].map(Math.abs);
    const total = size.reduce((sum, one) => sum + one, 0);
    const held = size.filter((_, i) => mask.inside[i] === 1).reduce((sum, one) => sum + one, 0);
    const marked = mask.inside.filter((one) => one === 1).length;
    const order = size.map((_, i) => i).sort((a, b) => (size[b] ?? 0) - (size[a] ?? 0));
    const hits = order.slice(0, marked).filter((i) => mask.inside[i] === 1).length;
    const found = overlap(map, [6, 7], mask, "both");
    expect(found.area).toBeCloseTo(marked / 42, 12);
    expect(found.evidence).toBeCloseTo(held / total, 6);
    expect(found.hits).toBeCloseTo(hits / marked, 12);
    expect(found).toEqual(overlap(map, [6, 7], mask, "absolute"));
  });

  it("counts positive values alone where these are shown", () => {
    const map = Float32Array.from([3, -5, 1, 0]);
    const mask = masked(2, 2, (x) => x === 0);
    expect(overlap(map, [2, 2], mask, "positive")).toEqual({ area: 0.5, evidence: 1, hits: 1 });
    expect(overlap(map, [2, 2], mask, "both").evidence).toBeCloseTo(4 / 9, 12);
  });

  it("spreads a place of a coarse map over its part of the picture, also where these do not divide", () => {
    const map = Float32Array.from([1, 3]);
    const left = masked(6, 4, (x) => x < 3);
    expect(overlap(map, [1, 2], left, "both").evidence).toBeCloseTo(0.25, 12);
    // Five columns over two places: the middle one belongs half to each.
    const middle = overlap(
      map,
      [1, 2],
      masked(5, 2, (x) => x === 2),
      "both",
    );
    expect(middle.evidence).toBeCloseTo(0.2, 12);
    expect(middle.area).toBeCloseTo(0.2, 12);
  });

  it("shares the last places among those that are equally strong", () => {
    const map = Float32Array.from([9, 1, 1, 1]);
    const mask = masked(4, 1, (x) => x === 1 || x === 3);
    expect(overlap(map, [1, 4], mask, "both").hits).toBeCloseTo((0 + 2 / 3) / 2, 12);
  });

  it("sorts no map where nobody asks for its strongest places", () => {
    const sort = vi.spyOn(Float32Array.prototype, "sort");
    const found = overlap(Float32Array.from([3, 1]), [1, 2], disc({ x: 0.2, y: 0.5 }, 2, 1), "both");
    expect(found.evidence).toBeCloseTo(0.75, 12);
    expect(sort).not.toHaveBeenCalled();
    expect(found.hits).toBe(1);
    expect(sort).toHaveBeenCalled();
    sort.mockRestore();
  });

  it("says nothing of a map that is zero, and of none", () => {
    const mask = masked(2, 1, (x) => x === 0);
    expect(overlap(new Float32Array(2), [1, 2], mask, "both")).toEqual({ area: 0.5, evidence: null, hits: null });
  });

  it("is by chance as large as the mark, for every map", () => {
    const next = numbers(11);
    const mask = masked(8, 8, (x, y) => x < 3 && y < 5);
    let [evidence, hits] = [0, 0];
    for (let round = 0; round < 400; round++) {
      const map = Float32Array.from({ length: 64 }, () => next() ** 3);
      const found = overlap(map, [8, 8], mask, "both");
      evidence += (found.evidence ?? 0) / 400;
      hits += (found.hits ?? 0) / 400;
    }
    expect(Math.abs(evidence - 15 / 64)).toBeLessThan(0.02);
    expect(Math.abs(hits - 15 / 64)).toBeLessThan(0.02);
  });
});

describe("what is marked", () => {
  it("is written as runs and read again", () => {
    const mask = masked(5, 3, (x, y) => x > y);
    expect([...places({ width: 5, height: 3, runs: toRuns(mask) })]).toEqual([...mask.inside]);
    expect(toRuns(masked(5, 3, () => false))).toEqual([]);
    expect(toRuns(masked(2, 2, () => true))).toEqual([0, 4]);
  });

  it("is a circle where a spot is, also on the tiniest picture", () => {
    const { inside } = disc({ x: 0.5, y: 0.5 }, 24, 24);
    expect([...inside].filter((one) => one === 1)).toHaveLength(12);
    expect([...disc({ x: 0.9, y: 0.1 }, 2, 2).inside]).toEqual([0, 1, 0, 0]);
  });

  it("is said in words, and so is what was found", () => {
    const mask = masked(10, 10, (x, y) => x < 3 && y < 2);
    const spots = [{ x: 0.5, y: 0.5, hands: 12 }];
    expect(markedWords(mask, spots)).toBe("Marked: 6 % of the picture, upper left; A, middle: 12 hands.");
    expect(
      markedWords(
        masked(2, 2, () => false),
        [],
      ),
    ).toMatch(/^Mark where/);
    const found = [{ area: 0.11, evidence: 0.62, hits: 0.5 }];
    expect(verdict(found, [""])).toBe("Your mark holds 62 % of the evidence, on 11 % of the picture.");
    const two = [...found, { area: 0.11, evidence: null, hits: null }];
    expect(verdict(two, ["pink", "control"])).toContain("62 % (pink), none (control)");
  });
});
