import { describe, expect, it } from "vitest";
import { divided } from "../src/inputs/division";
import { cutOut, roundTimes } from "../src/inputs/scale";
import { signed, stairs } from "../src/inputs/shares";
import type { PartSaid } from "../src/shared/protocol";

const word = (text: string, tokens: readonly number[], struck = false) => ({
  ...{ text, before: "", tokens, pieces: [], known: true, struck },
});
const said = (shape: readonly number[], words?: readonly ReturnType<typeof word>[]): PartSaid => ({
  shape,
  values: null,
  text: words === undefined ? null : { words, after: "", unread: "", beside: [], beside_label: "" },
});

describe("the maps of several inputs", () => {
  it("lie one behind the other", () => {
    const maps = cutOut([said([2, 2]), said([3])], Float32Array.from([1, 2, 3, 4, 5, 6, 7]));
    expect(maps.map((map) => [...map])).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7],
    ]);
  });

  it("are summed over the tokens of each word of a text, and of what was struck out there is none", () => {
    const words = [word("un", [0, 1]), word("gone", [], true), word("seen", [2])];
    expect([...(cutOut([said([1]), said([4], words)], Float32Array.from([9, 1, 2, 3, 4]))[1] ?? [])]).toEqual([
      3, 0, 3,
    ]);
  });
});

describe("how many times as strong colours are", () => {
  it.each([
    [0.5, 1],
    [1.99, 1],
    [2, 2],
    [4.9, 2],
    [7, 5],
    [10, 10],
    [49, 20],
    [512, 500],
    [Number.POSITIVE_INFINITY, 1],
    [Number.NaN, 1],
  ])("is a round number: %d", (times, expected) => {
    expect(roundTimes(times)).toBe(expected);
  });
});

describe("what each input adds", () => {
  it("begins where the one before it ends, and is summed in the end", () => {
    expect(stairs([3, -1, 0.5])).toEqual([
      { from: 0, to: 3 },
      { from: 3, to: 2 },
      { from: 2, to: 2.5 },
      { from: 0, to: 2.5 },
    ]);
  });

  it("has its sign", () => {
    expect([3.14, -2, 0].map(signed)).toEqual(["+3.1", "−2", "0"]);
  });
});

describe("into what parts are divided", () => {
  it("is said of those alone that are not whole", () => {
    const before = { row: "pixels" };
    const after = divided(before, "picture", "squares");
    expect(after).toEqual({ row: "pixels", picture: "squares" });
    expect(divided(after, "picture", "superpixels")).toEqual({ row: "pixels", picture: "superpixels" });
    expect(divided(after, "row", "whole")).toEqual({ picture: "squares" });
    expect(before).toEqual({ row: "pixels" });
  });
});
