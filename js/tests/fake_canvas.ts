import { vi } from "vitest";

/** What was painted on any canvas. */
export interface Painted {
  readonly data: Uint8ClampedArray;
  readonly width: number;
}

/** Lets canvases take pixels, and pictures of four grey pixels be read; returns what is painted from now on. */
export function fakeCanvases(): Painted[] {
  const painted: Painted[] = [];
  vi.stubGlobal(
    "ImageData",
    class {
      constructor(
        readonly data: Uint8ClampedArray,
        readonly width: number,
      ) {}
    },
  );
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue({
    drawImage: () => undefined,
    getImageData: () => ({ data: new Uint8ClampedArray(16).fill(100) }),
    putImageData: (image: Painted) => painted.push({ data: Uint8ClampedArray.from(image.data), width: image.width }),
  } as never);
  HTMLImageElement.prototype.decode = () => Promise.resolve();
  return painted;
}

/** Presses a key on an element. */
export function press(element: Element | null, key: string): void {
  element?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}
