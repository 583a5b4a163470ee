import type { AnyModel, AnyWidget } from "@anywidget/types";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import randomiser from "../src/randomise";
import { bands, line } from "../src/randomise/curves";
import { alikeWords } from "../src/randomise/words";
import type { Likeness, Randomise, RandomiseMessage, RandomiseTraits } from "../src/shared/protocol";
import { fakeCanvases, press } from "./fake_canvas";
import { DISPLAY, FakeModel, option, traits } from "./fake_model";

const CELLS = ["path", "cover"].map((method) => ({ method, options: {}, layer: null }));
const STATE: Randomise = {
  method: "path",
  options: {},
  layer: null,
  index: 0,
  target: null,
  grid: CELLS,
  focus: 0,
  order: "cascading",
  depth: 1,
  draws: 3,
  measure: "ssim",
};

const LIKENESS: Likeness = { means: [0.5, null], errors: [0.1, null], nothing: [0.25, -0.125] };

const CATALOGUE = {
  models: [""],
  depths: [
    { name: "dense", layers: ["head", "dense"] },
    { name: "conv", layers: ["conv"] },
  ],
  randomise: [
    option({ name: "order", default: "cascading", choices: ["cascading", "independent"] }),
    option({ name: "measure", default: "ssim", choices: ["ssim", "hog"], labels: { ssim: "likeness of structure" } }),
    option({ name: "draws", default: 3, slider: [1, 16] }),
  ],
  most: 4,
};

function frame(change: Partial<RandomiseMessage> = {}): [RandomiseMessage, unknown[]] {
  const message: RandomiseMessage = {
    views: 2,
    first: true,
    led: true,
    news: null,
    change: null,
    type: "frame",
    frame: 1,
    generation: 1,
    request: null,
    view: 0,
    final: false,
    stopped: false,
    evaluations: 3,
    planned: 9,
    shape: [2, 2],
    says: { index: 1, name: "dog", probability: 0.4 },
    likeness: { ssim: LIKENESS },
    header: { state: STATE, code: "", title: "Path", quantity: "cat", ends: ["less", "more"], explained: 0 },
    ...change,
  };
  return [message, [1, 2].map((value) => new DataView(Float32Array.from([value, 0, 0, 0]).buffer))];
}

async function open() {
  const common = traits();
  const catalogue = { ...(common.catalogue as object), ...CATALOGUE };
  const model = new FakeModel({ ...STATE, display: DISPLAY, catalogue, _snapshot: null });
  const widget = await (randomiser as unknown as Extract<AnyWidget<RandomiseTraits>, () => unknown>)();
  const own = () => ({ model: model as unknown as AnyModel<RandomiseTraits>, signal: new AbortController().signal });
  await widget.initialize?.(own() as never);
  const el = document.createElement("div");
  document.body.append(el);
  await widget.render?.({ ...own(), el } as never);
  return { model, el };
}

const texts = (el: Element, selector: string) => [...el.querySelectorAll(selector)].map((one) => one.textContent);

describe("what the curves are drawn of", () => {
  it("begins at one, where nothing is reset, and has gaps where nothing is known", () => {
    const { x, y, errors, dot } = line(LIKENESS, 0, 1, 2);
    expect(x).toEqual([0, 0.5, 1]);
    expect(y).toEqual([1, 0.5, Number.NaN]);
    expect(errors).toEqual([0, 0.1, 0]);
    expect(dot).toEqual({ x: 0.5, y: 0.5 });
    expect(line(undefined, 0, 0, 2).y).toEqual([1]);
  });

  it("has a band where likeness means nothing", () => {
    expect(bands(LIKENESS)).toEqual([{ from: -0.125, to: 0.25, words: "means nothing" }]);
    expect(bands({ ...LIKENESS, nothing: [null, 0.5] })).toMatchObject([{ from: 0.5, to: 0.5 }]);
    expect(bands({ ...LIKENESS, nothing: [] })).toEqual([]);
  });

  it("says how alike a map is", () => {
    expect(alikeWords(LIKENESS, 1)).toBe("0.50 ± 0.10");
    expect(alikeWords({ ...LIKENESS, errors: [null, null] }, 1)).toBe("0.50");
    expect(alikeWords(LIKENESS, 2)).toBe("");
    expect(alikeWords(undefined, 0)).toBe("1");
  });
});

describe("a randomiser", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    document.body.replaceChildren();
  });

  it("has a picture for each method, also where there was work before the first frame", async () => {
    const { model, el } = await open();
    model.deliver({ type: "working", frame: 1, generation: 1, request: null, view: 0 });
    model.deliver(...frame({ frame: 2 }));
    const second = { state: STATE, code: "", title: "Cover", quantity: "cat", ends: ["", ""] as const, explained: 0 };
    model.deliver(...frame({ frame: 3, view: 1, header: second }));
    await vi.advanceTimersByTimeAsync(40);
    expect(texts(el, ".xai-reset-name")).toEqual(["Path", "Cover"]);
    expect(texts(el, ".xai-alike")).toEqual(["0.50 ± 0.10", "0.50 ± 0.10"]);
    expect(texts(el, ".xai-says")).toEqual(["the network saysdog40 %"]);
    expect(texts(el, ".xai-is-reset")).toEqual(["dense"]);
  });

  it("asks for the place of the slider while it moves, and settles when it is let go", async () => {
    const { model, el } = await open();
    const slider = el.querySelector<HTMLInputElement>(".xai-along input") as HTMLInputElement;
    expect(slider.getAttribute("aria-valuetext")).toBe("head, dense reset");
    slider.value = "2";
    slider.dispatchEvent(new Event("input"));
    await vi.advanceTimersByTimeAsync(40);
    expect(model.of("request").at(-1)?.state).toMatchObject({ depth: 2 });
    expect(model.get("depth")).toBe(1);
    slider.dispatchEvent(new Event("change"));
    expect(model.get("depth")).toBe(2);
    expect(slider.getAttribute("aria-valuetext")).toBe("head, dense, conv reset");
  });

  it("tells the values of all maps at the pixel that keys point at", async () => {
    fakeCanvases();
    const { model, el } = await open();
    model.deliver(...frame());
    const second = {
      state: STATE,
      code: "",
      title: "Cover",
      quantity: "cat",
      ends: ["", "for"] as const,
      explained: 0,
    };
    const [message] = frame({ frame: 2, view: 1, header: second });
    const values = [
      [4, 3, 2, 1],
      [0, 0, 0, 0],
    ].map((one) => new DataView(Float32Array.from(one).buffer));
    model.deliver(message, values);
    await vi.advanceTimersByTimeAsync(40);
    await vi.advanceTimersByTimeAsync(40);
    const pane = el.querySelector<HTMLElement>(".xai-reset .xai-pane");
    expect(pane?.tabIndex).toBe(0);
    press(pane, "ArrowUp");
    expect(texts(el, ".xai-read")).toEqual(["row 0, column 1: 0", "row 0, column 1: 3"]);
    expect(texts(el, ".xai-reset [role=status]")[0]).toBe("row 0, column 1: 0");
    expect([...el.querySelectorAll<HTMLElement>(".xai-gradient i")].map(({ hidden }) => hidden)).toEqual([
      false,
      false,
    ]);
    pane?.dispatchEvent(new PointerEvent("pointerleave", { pointerType: "touch" }));
    expect([...el.querySelectorAll<HTMLElement>(".xai-read")].map(({ hidden }) => hidden)).toEqual([false, false]);
    pane?.dispatchEvent(new Event("blur"));
    expect([...el.querySelectorAll<HTMLElement>(".xai-read")].map(({ hidden }) => hidden)).toEqual([true, true]);
  });
});
