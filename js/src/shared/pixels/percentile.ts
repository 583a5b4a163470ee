import { within } from "../within";

/** Moves the k-th smallest value to place k, smaller ones before it, larger ones behind (Hoare's selection). */
function select(values: Float32Array, k: number): void {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1]!;
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i <= j) {
        const held = values[i]!;
        values[i++] = values[j]!;
        values[j--] = held;
      }
    }
    if (k <= j) high = j;
    else if (k >= i) low = i;
    else return;
  }
}

let scratch = new Float32Array(0);

/** The magnitude below which `percent` of the values lie, linearly between the two nearest; 0 for no values. */
export function percentile(values: Float32Array, percent: number): number {
  if (values.length === 0) return 0;
  if (scratch.length !== values.length) scratch = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) scratch[i] = Math.abs(values[i]!) || 0; // NaN would make the search endless
  const position = ((values.length - 1) * within(percent, 0, 100)) / 100;
  const floor = Math.floor(position);
  select(scratch, floor);
  const below = scratch[floor]!;
  if (floor === position) return below;
  let above = Number.POSITIVE_INFINITY;
  for (let i = floor + 1; i < scratch.length; i++) above = Math.min(above, scratch[i]!);
  return below + (above - below) * (position - floor);
}
