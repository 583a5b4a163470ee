import { describe, expect, it } from "vitest";
import { apartWords, chance, count, cut, difference, number, percent, score } from "../src/shared/words";

describe("numbers in words", () => {
  const numbers: [number, string][] = [
    [0, "0"],
    [0.0213, "0.021"],
    [-0.0213, "−0.021"],
    [3.04e-6, "3 × 10⁻⁶"],
    [-3.14e-6, "−3.1 × 10⁻⁶"],
    [0.00999999, "0.01"],
    [0.00085, "0.00085"],
    [12.6, "13"],
    [1234.4, "1234"],
    [2.5e7, "2.5 × 10⁷"],
    [1e-5, "10⁻⁵"],
    [Number.NaN, "unknown"],
    [Number.NEGATIVE_INFINITY, "−infinite"],
  ];
  it.each(numbers)("%d is %s", (value, words) => expect(number(value)).toBe(words));

  const percents: [number, string][] = [
    [0, "0 %"],
    [0.0083, "0.8 %"],
    [0.019, "1.9 %"],
    [0.11, "11 %"],
    [0.0999, "10 %"],
    [1e-5, "0.001 %"],
    [4e-7, "< 0.001 %"],
    [2.5, "250 %"],
  ];
  it.each(percents)("%d of one is %s", (value, words) => expect(percent(value)).toBe(words));

  const chances: [number, string][] = [
    [0, "0 %"],
    [0.0004, "< 0.1 %"],
    [0.004, "0.4 %"],
    [0.0999, "10 %"],
    [0.364, "36 %"],
    [0.998, "> 99 %"],
    [1, "100 %"],
  ];
  it.each(chances)("a probability of %d is %s", (value, words) => expect(chance(value)).toBe(words));

  it("cuts long names in the middle, and keeps what tells them apart", () => {
    expect(cut("conv2", 20)).toBe("conv2");
    const layers = ["encoder.block.10.attention.output", "encoder.block.11.attention.output"];
    expect(new Set(layers.map((name) => cut(name, 30))).size).toBe(2);
    expect(cut(layers[0] ?? "", 20)).toBe("encoder.…tion.output");
  });

  it("says for a listener whether models agree", () => {
    expect(apartWords({ largest: 0, relative: 0 })).toBe("maps are equal");
    expect(apartWords({ largest: 3e-6, relative: 1e-5 })).toBe("maps agree to 0.001 %");
    expect(apartWords({ largest: 2, relative: 1.76 })).toBe("maps differ");
  });

  const scores: [number, string][] = [
    [0.364, "0.36"],
    [-1.5, "−1.50"],
    [123456, "1.23 × 10⁵"],
  ];
  it.each(scores)("a score of %d is %s", (value, words) => expect(score(value)).toBe(words));

  it("counts one in the singular", () => {
    expect(count(1, "pass", "passes")).toBe("1 pass");
    expect(count(65, "pass", "passes")).toBe("65 passes");
  });

  it("says how far maps are apart", () => {
    expect(difference({ largest: 3e-6, relative: 1e-5 })).toBe(
      "maps differ by at most 3 × 10⁻⁶ (0.001 % of the largest value)",
    );
    expect(difference({ largest: 0.2, relative: null })).toBe("maps differ by at most 0.2");
    expect(difference({ largest: 0, relative: 0 })).toBe("maps are equal");
  });
});
