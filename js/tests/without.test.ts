import { describe, expect, it } from "vitest";
import type { WithholdMessage } from "../src/shared/protocol";
import { Seen, tellingOnly, thoughts } from "../src/without/seen";

describe("what stands for a column", () => {
  it("is its mean, any row's, or what goes along with the other one", () => {
    const [baseline, marginal, conditional] = thoughts(3, [1, 10], [2, 5], 0.8);
    expect(baseline).toEqual({ middle: 10, spread: 0 });
    expect(marginal).toEqual({ middle: 10, spread: 5 });
    expect(conditional?.middle).toBeCloseTo(14);
    expect(conditional?.spread).toBeCloseTo(3);
  });

  it("is the same for all where columns do not go together", () => {
    const [, marginal, conditional] = thoughts(3, [1, 10], [2, 5], 0);
    expect(conditional).toEqual(marginal);
  });
});

describe("columns that only tell of others", () => {
  it("have a conditional value and no marginal one", () => {
    expect(tellingOnly([[], [1, 0, 0.5], [0.6, 0.4, 0.5]])).toEqual([1]);
    expect(tellingOnly([[], [1, 0], [1, 0.01]])).toEqual([]);
    expect(tellingOnly([[], [0, 0], [0, 0]])).toEqual([]);
    expect(tellingOnly([])).toEqual([]);
  });
});

describe("what is seen of a row", () => {
  it("keeps the header, and leaves older frames", () => {
    const seen = new Seen();
    const message = { generation: 2, header: { explained: "yes" }, values: [] } as unknown as WithholdMessage;
    seen.take(message, [Float32Array.of(1, 2).buffer]);
    seen.take({ ...message, generation: 1, header: null }, [new ArrayBuffer(0)]);
    expect(seen.frame?.generation).toBe(2);
    seen.take({ ...message, generation: 3, header: null }, [Float32Array.of(3, 4).buffer]);
    expect(seen.header?.explained).toBe("yes");
    expect(Array.from(seen.message?.[1][0] ?? [])).toEqual([3, 4]);
    expect(seen.message?.[0].header?.explained).toBe("yes");
  });
});
