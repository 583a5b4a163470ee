/** Rows of numbers, one after the other. */
export interface Plane {
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
}
