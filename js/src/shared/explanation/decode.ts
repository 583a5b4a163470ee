import { h } from "../dom";
import { number } from "../words";

const MOST_MEGABYTES = 25;
const MOST_MEGAPIXELS = 64;
/** So many pixels are sent at most: a larger picture, which has to be made smaller anyway, is so before. */
const MOST_SENT = 2 ** 21;
const MILLION = 1e6;
/** What to do with a drawing that no page may read. */
const INSTEAD = "Save it as PNG or JPEG.";

/** A picture that somebody has, before it is anything for a network. */
export interface Found {
  readonly name: string;
  readonly image: HTMLImageElement | ImageBitmap;
  readonly width: number;
  readonly height: number;
}

/** Its pixels as they go to the kernel: red, green, blue and opacity. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  /** Whether something of it lets the white ground through that it is laid on. */
  readonly clear: boolean;
}

/** Reads a file as the browser reads pictures: upright as the camera was held, and the first of those that move. */
export async function found(file: File): Promise<Found> {
  const name = file.name || "The picture";
  if (file.size > MOST_MEGABYTES * MILLION) {
    const size = number(file.size / MILLION, 3);
    throw new Error(`${name} has ${size} megabytes; expected at most ${MOST_MEGABYTES}. Save it smaller.`);
  }
  const unreadable = (): never => {
    throw new Error(`${name} is nothing that this browser can show; expected a picture, for instance PNG or JPEG.`);
  };
  const image = new Image();
  const loaded = new Promise((resolve, reject) => Object.assign(image, { onload: resolve, onerror: reject }));
  image.src = URL.createObjectURL(file);
  try {
    await loaded.catch(unreadable);
    const { naturalWidth: width, naturalHeight: height } = image;
    if (width * height === 0) throw new Error(`${name} has no size in pixels; expected a picture that has. ${INSTEAD}`);
    // Before the pixels are there: a small file may unfold to gigabytes.
    if (width * height > MOST_MEGAPIXELS * MILLION) {
      const size = `${width} × ${height} pixels`;
      throw new Error(`${name} has ${size}; expected at most ${MOST_MEGAPIXELS} million. Save it smaller.`);
    }
    await image.decode().catch(unreadable);
    return { name, image, width, height };
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

/** The pixels of a picture over white. */
export function pixels({ name, image, width, height }: Found): Pixels {
  const share = Math.min(1, Math.sqrt(MOST_SENT / (width * height)));
  const canvas = h("canvas", {
    width: Math.max(1, Math.floor(share * width)),
    height: Math.max(1, Math.floor(share * height)),
  });
  const context = canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
  context.imageSmoothingQuality = "high";
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  const read = (): ImageData => {
    try {
      return context.getImageData(0, 0, canvas.width, canvas.height);
    } catch {
      throw new Error(`${name} has parts whose pixels this page may not read; expected a picture without. ${INSTEAD}`);
    }
  };
  const clear = read().data.some((value, place) => place % 4 === 3 && value < 255);
  context.globalCompositeOperation = "destination-over";
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  return { width: canvas.width, height: canvas.height, data: read().data as Pixels["data"], clear };
}
