import type { Pane } from "../shared/explanation/picture";
import { SMALL } from "../shared/explanation/picture";
import type { Photo } from "../shared/pixels/photo";

/** Shows what a window, in shares of a picture, holds of it. */
export function paintPatch(
  pane: Pane,
  photo: Photo | undefined,
  [x = 0, y = 0, w = 0, h = 0]: readonly number[],
): void {
  const known = photo !== undefined && w > 0;
  pane.element.classList.toggle("xai-bill-blank", !known);
  if (!known) return;
  const [left, top] = [Math.round(x * photo.width), Math.round(y * photo.height)];
  const width = Math.max(1, Math.round(w * photo.width));
  const height = Math.max(1, Math.round(h * photo.height));
  const rgba = new Uint8ClampedArray(4 * width * height);
  for (let row = 0; row < height; row++) {
    const start = 4 * ((top + row) * photo.width + left);
    rgba.set(photo.rgba.subarray(start, start + 4 * width), 4 * row * width);
  }
  pane.paint(rgba, width, height);
  pane.canvas.classList.toggle("xai-crisp", width <= SMALL);
}
