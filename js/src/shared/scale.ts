/** How a slider runs: a linear one stops at multiples of a step, the other doubles the value at each stop. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly step: number;
  readonly doublings: boolean;
  readonly whole: boolean;
}

/** What the range input counts: the value itself, or doublings of the lowest value. */
export function positions(scale: Scale): { min: number; max: number; step: number } {
  if (!scale.doublings) return { min: scale.low, max: scale.high, step: scale.step };
  return { min: 0, max: Math.log2(scale.high / scale.low), step: 1 };
}

/** Where on the slider a value is; values beyond its ends are at the end. */
export function toPosition(scale: Scale, value: number): number {
  const inside = Math.min(Math.max(value, scale.low), scale.high);
  return scale.doublings ? Math.log2(inside / scale.low) : inside;
}

/** The value at a position, free of the noise of binary fractions. */
export function toValue(scale: Scale, position: number): number {
  const value = scale.doublings ? scale.low * 2 ** position : position;
  return scale.whole ? Math.round(value) : Number(value.toPrecision(6));
}
