/** The value, or the end of a range that it lies beyond. */
export function within(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
