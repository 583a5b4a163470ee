import type { Look } from "../protocol";

/** Which values are drawn: both signs, the positive ones alone, or the size of each. */
export type Sign = Look["sign"];

/** The sign of a map whose colour scale has these ends: one that is never negative needs no colours for that. */
export function signFor(sign: Sign, [lower]: readonly [string, string]): Sign {
  return sign === "both" && lower === "" ? "positive" : sign;
}

/** Where a value lies on the colour scale: from -1 to 1 for both signs, from 0 to 1 otherwise. */
export function scaled(value: number, limit: number, sign: Sign): number {
  const t = (sign === "absolute" ? Math.abs(value) : value) / limit || 0; // NaN is drawn as nothing
  return Math.min(Math.max(t, sign === "both" ? -1 : 0), 1);
}
