import { expect, test } from "vitest";
import { best, ways } from "../src/shared/explanation/arrange";

test("each number of rows is tried once, the most first, with the words below and beside", () => {
  const across = (count: number): number[] => ways(count).flatMap(({ across, beside }) => (beside ? [] : [across]));
  expect(across(1)).toEqual([1]);
  expect(across(3)).toEqual([1, 2, 3]);
  expect(across(4)).toEqual([1, 2, 4]);
  expect(across(12)).toEqual([1, 2, 3, 4, 6, 12]);
  expect(ways(2)).toEqual([
    { across: 1, beside: false },
    { across: 1, beside: true },
    { across: 2, beside: false },
    { across: 2, beside: true },
  ]);
});

test("the first way is taken whose pictures are about as large as they can be", () => {
  expect(best([200, 290, 300])).toBe(1);
  expect(best([200, 270, 300])).toBe(2);
  expect(best([0, 0])).toBe(0);
});
