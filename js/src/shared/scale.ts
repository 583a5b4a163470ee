import { within } from "./within";
/** How a slider runs: linear and in doublings of the lowest value, or with a power; it stops at multiples of a step. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly step: number;
  readonly doublings: boolean;
  readonly whole: boolean;
  /** Makes the value this power of the position, which leaves more room to small values. */
  readonly power?: number;
  /** Whether 0 stands at the right end, in place of the number there. */
  readonly zeroLast?: boolean | undefined;
}

/** How many stops a slider with a power has. */
const STOPS = 200;

/** What the range input counts: the value itself, or doublings of the lowest value. */
export function positions({ low, high, step, doublings, power }: Scale): { min: number; max: number; step: number } {
  if (power !== undefined) return { min: 0, max: STOPS, step: 1 };
  return doublings ? { min: 0, max: Math.log2(high / low), step } : { min: low, max: high, step };
}

/** Where on the slider a value is; values beyond its ends are at the end. */
export function toPosition(scale: Scale, value: number): number {
  const inside = scale.zeroLast && value === 0 ? scale.high : within(value, scale.low, scale.high);
  if (scale.power !== undefined) return STOPS * ((inside - scale.low) / (scale.high - scale.low)) ** (1 / scale.power);
  return scale.doublings ? Math.log2(inside / scale.low) : inside;
}

/** The value at a position, free of the noise of binary fractions. */
export function toValue(scale: Scale, position: number): number {
  if (scale.power !== undefined) {
    const value = scale.low + (scale.high - scale.low) * (position / STOPS) ** scale.power;
    return Number(value.toPrecision(3));
  }
  if (scale.zeroLast && position === scale.high) return 0;
  const value = scale.doublings ? scale.low * 2 ** position : position;
  return scale.whole ? Math.round(value) : Number(value.toPrecision(6));
}
