import { describe, expect, it } from "vitest";
import { cloudOf, nearest, Seen, within } from "../src/represent/seen";
import type { RepresentMessage } from "../src/shared/protocol";

const CLOUDS = Float32Array.of(0, 0, 0.5, 0.5, -1, 1, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6);

describe("clouds", () => {
  it("lie one behind the other in the buffer", () => {
    expect(cloudOf(CLOUDS, 0).map(({ right }) => right)).toEqual([0, 0.5, -1]);
    expect(cloudOf(CLOUDS, 1).map(({ up }) => up)).toEqual([0.2, 0.4, 0.6].map(Math.fround));
    expect(cloudOf(new Float32Array(), 1)).toEqual([]);
  });

  it("are marked between two corners, whichever comes first", () => {
    const cloud = cloudOf(CLOUDS, 0);
    const [one, other] = [
      { right: 0.6, up: -0.1 },
      { right: -0.1, up: 0.5 },
    ];
    expect(within(cloud, one, other)).toEqual([0, 1]);
    expect(within(cloud, other, one)).toEqual([0, 1]);
    expect(within(cloud, one, one)).toEqual([]);
  });

  it("have a nearest point, unless they are empty", () => {
    expect(nearest(cloudOf(CLOUDS, 0), { right: -0.7, up: 0.7 })).toBe(2);
    expect(nearest([], { right: 0, up: 0 })).toBeUndefined();
  });

  it("stay where they are until others come", () => {
    const seen = new Seen();
    const message = { generation: 1, header: null, explained: [[0.5, 0.2]] } as unknown as RepresentMessage;
    seen.take(message, [new DataView(CLOUDS.buffer)]);
    seen.take({ ...message, generation: 2, explained: [] }, [new DataView(new ArrayBuffer(0))]);
    expect(seen.clouds).toEqual(CLOUDS);
    expect(seen.explained).toEqual([[0.5, 0.2]]);
    expect(seen.frame?.generation).toBe(2);
    seen.take(message, [new DataView(new ArrayBuffer(0))]);
    expect(seen.frame?.generation).toBe(2);
  });
});
