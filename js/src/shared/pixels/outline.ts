import type { Runs } from "../protocol";

/** The places of a mask, 1 inside and 0 outside. */
export function places({ width, height, runs }: Runs): Uint8Array {
  const mask = new Uint8Array(width * height);
  let at = 0;
  runs.forEach((length, i) => {
    if (i % 2 === 1) mask.fill(1, at, at + length);
    at += length;
  });
  return mask;
}

/** The border of a mask along the edges of its places, as the path of an SVG; the border of the picture is none. */
export function outlinePath(outline: Runs): string {
  const { width, height } = outline;
  const mask = places(outline);
  const parts: string[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = mask[y * width + x];
      if (x + 1 < width && mask[y * width + x + 1] !== inside) parts.push(`M${x + 1} ${y}v1`);
      if (y + 1 < height && mask[(y + 1) * width + x] !== inside) parts.push(`M${x} ${y + 1}h1`);
    }
  }
  return parts.join("");
}
