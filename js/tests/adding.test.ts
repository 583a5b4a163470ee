import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ExplorerStore } from "../src/explorer/store";
import { adder } from "../src/shared/explanation/adding";
import { FakeModel, traits } from "./fake_model";

const ADDS = { width: 4, height: 4, resize: "", taken: "It goes to the kernel." };

/** What a canvas gives of its pixels: all opaque, unless a test says otherwise. */
let read: () => { data: Uint8ClampedArray };

function setUp() {
  const model = new FakeModel({ ...traits({ adds: ADDS }), _added: [] });
  const store = new ExplorerStore(model.model);
  const controller = new AbortController();
  const { tiles, notice, listen } = adder(store, ADDS, controller.signal);
  const root = document.createElement("div");
  root.append(tiles, notice);
  document.body.append(root);
  listen(root);
  const press = async (words: string): Promise<void> => {
    [...notice.querySelectorAll("button")].find(({ textContent }) => textContent?.includes(words))?.click();
    await vi.advanceTimersByTimeAsync(0);
  };
  const drop = async (...names: string[]): Promise<void> => {
    const files = names.map((name) => new File(["pixels"], name));
    root.dispatchEvent(Object.assign(new Event("drop"), { dataTransfer: { files, types: ["Files"] } }));
    await vi.advanceTimersByTimeAsync(0);
  };
  return { model, store, root, notice, press, drop };
}

const entry = (label: string, remark: string) => ({ label, remark, away: false, width: 4, height: 4, src: "" });

/** Every picture that is loaded has so many pixels. */
function measuring(width: number, height: number): void {
  vi.stubGlobal(
    "Image",
    class {
      naturalWidth = width;
      naturalHeight = height;
      onload = (): void => undefined;
      set src(_address: string) {
        queueMicrotask(() => this.onload());
      }
      decode = () => Promise.resolve();
    },
  );
}

beforeEach(() => {
  vi.useFakeTimers();
  read = () => ({ data: new Uint8ClampedArray(64).fill(255) });
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue({
    drawImage: () => undefined,
    fillRect: () => undefined,
    getImageData: () => read(),
  } as never);
  vi.stubGlobal("URL", { createObjectURL: () => "blob:", revokeObjectURL: () => undefined });
  measuring(4, 4);
});
afterEach(() => {
  document.body.replaceChildren();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a picture of one's own", () => {
  it("that cannot be read is said, also where its size was asked for first, and nothing goes", async () => {
    const { model, notice, press, drop } = setUp();
    read = () => {
      throw new DOMException("tainted", "SecurityError");
    };
    measuring(8, 8);
    await drop("drawing.svg");
    await press("cutting the edges");
    expect(notice.hidden).toBe(false);
    expect(notice.textContent).toContain("drawing.svg has parts whose pixels this page may not read");
    expect(model.of("add")).toHaveLength(0);
  });

  it("without a size is said", async () => {
    const { notice, drop } = setUp();
    measuring(0, 0);
    await drop("drawing.svg");
    expect(notice.textContent).toContain("drawing.svg has no size in pixels");
  });

  it("that is taken before the camera shows one is said, and where a picture goes to", async () => {
    const { root, notice, press } = setUp();
    vi.stubGlobal("navigator", {
      mediaDevices: {
        getUserMedia: async () =>
          new (class extends EventTarget {
            getTracks = () => [];
          })(),
      },
    });
    Object.defineProperty(HTMLVideoElement.prototype, "srcObject", { value: null, writable: true, configurable: true });
    vi.stubGlobal("createImageBitmap", () => Promise.reject(new DOMException("no data", "InvalidStateError")));
    root.querySelector<HTMLElement>(".xai-lens")?.click();
    await vi.advanceTimersByTimeAsync(0);
    expect(notice.textContent).toContain("It goes to the kernel.");
    await press("Take it");
    expect(notice.textContent).toContain("The camera has shown no picture yet");
  });

  it("is not told what was done to one that was refused", async () => {
    const { model, notice, drop } = setUp();
    let clear = true;
    read = () => ({ data: new Uint8ClampedArray(64).fill(clear ? 100 : 255) });
    await drop("clear.png");
    clear = false;
    expect(model.of("add").map((one) => one.clear)).toEqual([true]);
    // Refused, so that the next one is the first to come.
    model.deliver({ type: "error", frame: 1, generation: 1, request: 1, view: null, message: "Too many." });
    model.arrive({ _added: [entry("opaque.png", "")] });
    expect(notice.hidden).toBe(true);
    await drop("grey.png");
    expect(model.of("add").at(-1)?.clear).toBe(false);
    model.arrive({ _added: [entry("opaque.png", ""), entry("grey.png", "made grey")] });
    expect(notice.textContent).toContain("grey.png: made grey.");
  });

  it("is told to who brought it alone, and not when it comes back", async () => {
    const { model, notice, drop } = setUp();
    model.arrive({ _added: [entry("other.png", "made grey")] });
    expect(notice.hidden).toBe(true);
    await drop("mine.png");
    model.arrive({ _added: [{ ...entry("other.png", "made grey"), away: true }] });
    expect(notice.hidden).toBe(true);
  });
});
