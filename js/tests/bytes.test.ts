import { describe, expect, it } from "vitest";
import { floats, pack, unpack } from "../src/shared/bytes";

const VALUES = [1.5, -2.25, 3e-7];

/** The values at an odd place within a larger buffer. */
function misaligned(): ArrayBuffer {
  const buffer = new ArrayBuffer(32);
  new Uint8Array(buffer).set(new Uint8Array(Float32Array.from(VALUES).buffer), 3);
  return buffer;
}

describe("floats", () => {
  const expected = Array.from(Float32Array.from(VALUES));
  it.each([
    ["a misaligned DataView", () => new DataView(misaligned(), 3, 12)],
    ["a misaligned Uint8Array", () => new Uint8Array(misaligned(), 3, 12)],
    ["an ArrayBuffer", () => Float32Array.from(VALUES).buffer],
  ])("reads %s", (_, make) => expect(Array.from(floats(make()))).toEqual(expected));

  it("is a copy: the host may use its buffer again", () => {
    const source = Float32Array.from(VALUES);
    const read = floats(source);
    source.fill(0);
    expect(Array.from(read)).toEqual(expected);
  });

  it("refuses what is no buffer", () => expect(() => floats(undefined)).toThrow("binary buffer"));
});

describe("pack", () => {
  it("comes back within a 16-bit step, also for long rows", () => {
    const values = Float32Array.from({ length: 10_000 }, (_, i) => Math.sin(i) * 0.02);
    const back = unpack(pack(values));
    expect(back.length).toBe(values.length);
    expect(Math.max(...back.map((value, i) => Math.abs(value - (values[i] ?? 0))))).toBeLessThan(0.02 / 32767);
  });

  it("survives nothing but zeros", () => expect(Array.from(unpack(pack(new Float32Array(3))))).toEqual([0, 0, 0]));
});
