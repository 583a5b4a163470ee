import { describe, expect, it } from "vitest";
import { classesShown, largest, namesWithin, Seen, type ToldFrame } from "../src/intervene/seen";
import type { InterveneMessage } from "../src/shared/protocol";

const frame = (before: number[], now: number[]): ToldFrame =>
  ({ before: Float32Array.from(before), now: Float32Array.from(now) }) as unknown as ToldFrame;

const buffers = (...parts: number[][]): DataView[] => parts.map((part) => new DataView(Float32Array.from(part).buffer));

describe("classes", () => {
  it("are all shown where they are few", () => {
    expect(classesShown([frame([0.1, 0.9], [0.2, 0.8])], 3, undefined)).toEqual([0, 1]);
    expect(classesShown([], 3, undefined)).toEqual([]);
  });

  it("are else those that any model gives most, by itself or now, and the right one, in their own order", () => {
    const frames = [
      frame([0, 0.5, 0.1, 0.3, 0.1], [0, 0.1, 0.2, 0.3, 0.4]),
      frame([0, 0.1, 0.6, 0.2, 0.1], [0, 0, 0, 0, 1]),
    ];
    expect(classesShown(frames, 2, undefined)).toEqual([2, 4]);
    expect(classesShown(frames, 3, 0)).toEqual([0, 2, 4]);
  });
});

describe("the largest", () => {
  it("is the first of equals, and none where nothing is known", () => {
    expect(largest([null, 0.2, 0.5, 0.5])).toBe(2);
    expect(largest([null, null])).toBeUndefined();
    expect(largest([-3, -1])).toBe(1);
  });
});

describe("names within a group", () => {
  it("go without what all of them begin with", () => {
    expect(namesWithin("petal", ["petal: red", "petal: blue"])).toEqual(["red", "blue"]);
    expect(namesWithin("has", ["has_wing", "has_bill"])).toEqual(["wing", "bill"]);
    expect(namesWithin("petal", ["petal: red", "stem: blue"])).toEqual(["petal: red", "stem: blue"]);
    expect(namesWithin("wet", ["wet"])).toEqual(["wet"]);
  });
});

describe("what is known of a model", () => {
  const message = { generation: 2, header: null, final: false, worth: [] } as unknown as InterveneMessage;

  it("keeps what is worth asking for until it is known anew", () => {
    const seen = new Seen();
    seen.take({ ...message, final: true, worth: [0.5, null] }, buffers([0.5], [1], [1]));
    seen.take({ ...message, generation: 3 }, buffers([0.5], [1], [0.25]));
    expect(seen.worth).toEqual([0.5, null]);
    expect([...(seen.frame?.now ?? [])]).toEqual([0.25]);
    seen.take({ ...message, generation: 3, final: true, worth: [] }, buffers([0.5], [1], [0.25]));
    expect(seen.worth).toEqual([]);
  });

  it("is not what came before the newest", () => {
    const seen = new Seen();
    seen.take({ ...message, generation: 3 }, buffers([0.5], [1], [0.25]));
    seen.take(message, buffers([0.5], [1], [0.75]));
    expect([...(seen.frame?.now ?? [])]).toEqual([0.25]);
    expect(seen.message?.[1].map((part) => part[0])).toEqual([0.5, 1, 0.25]);
  });
});
