import type { AnyModel, AnyWidget } from "@anywidget/types";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import colormaps from "../../xai_widgets/render/colormaps.json";
import attacker from "../src/attack";
import { Attacked } from "../src/attack/attacked";
import { place, ticks, zoneWords } from "../src/attack/epsilon";
import { magnified, perturbed } from "../src/attack/pixels";
import { AttackStore } from "../src/attack/store";
import { photo } from "../src/shared/pixels/photo";
import type { Attack, AttackMessage, AttackTraits } from "../src/shared/protocol";
import { positions, toPosition, toValue } from "../src/shared/scale";
import { DISPLAY, FakeModel, traits } from "./fake_model";

const SCALE = { low: 0, high: 3.5, step: 0.035, doublings: false, whole: false, power: 2 };
const STATE: Attack = {
  method: "path",
  options: { steps: 64, start: "black", seed: 0 },
  index: 0,
  norm: "l2",
  epsilon: 1,
  steps: 40,
  restarts: 1,
  target: null,
};

const CATALOGUE = {
  norms: { l2: { reach: 3.5, first: 1 }, linf: { reach: 0.5, first: 0.1 } },
  power: 2,
  width: 1,
  attack: [
    {
      name: "steps",
      kind: "integer",
      default: 40,
      label: "Attack steps",
      sentence: "How many.",
      slider: [1, 200],
      scale: "doublings",
    },
  ],
};

function attackTraits(change: Record<string, unknown> = {}): Record<string, unknown> {
  const common = traits();
  return {
    ...STATE,
    display: DISPLAY,
    catalogue: { ...(common.catalogue as object), ...CATALOGUE },
    _snapshot: null,
    ...change,
  };
}

/** A frame of a picture of two by two pixels, with the perturbation and the maps before and after. */
function frame(change: Partial<AttackMessage> = {}, arrays: number[][] = []): [AttackMessage, unknown[]] {
  const message: AttackMessage = {
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
    final: true,
    stopped: false,
    evaluations: 42,
    planned: 44,
    shape: [2, 2, 1],
    factor: 2,
    distance: 0.98,
    label: "cat",
    prediction: "dog",
    succeeded: true,
    headline: "now dog",
    detail: "changed by 0.98",
    kind: "flipped",
    classes: [
      { index: 0, name: "cat", before: 0.9, after: 0.2 },
      { index: 1, name: "dog", before: 0.1, after: 0.8 },
    ],
    flips: 0.98,
    maps: [
      [2, 2],
      [2, 2],
    ],
    header: { state: STATE, code: "xai.attack()", radius: 0.5, ends: ["less", "more"] },
    ...change,
  };
  const [perturbation = [0, 0.5, -0.5, 0], before = [1, 0, 0, 0], after = [0, 2, 0, 0]] = arrays;
  const buffers = [perturbation, before, after].map((values) => new DataView(Float32Array.from(values).buffer));
  return [message, buffers];
}

async function open(change: Record<string, unknown> = {}) {
  const model = new FakeModel(attackTraits(change));
  const widget = await (attacker as unknown as Extract<AnyWidget<AttackTraits>, () => unknown>)();
  const common = () => ({
    model: model as unknown as AnyModel<AttackTraits>,
    signal: new AbortController().signal,
  });
  const close = (await widget.initialize?.(common() as never)) as () => void;
  const el = document.createElement("div");
  document.body.append(el);
  const cleanup = (await widget.render?.({ ...common(), el } as never)) as () => void;
  return { model, el, close, cleanup };
}

async function paint(): Promise<void> {
  await vi.advanceTimersByTimeAsync(20);
  await vi.advanceTimersByTimeAsync(20);
}

const text = (el: Element, selector: string): string => el.querySelector(selector)?.textContent?.trim() ?? "";

describe("the slider of epsilon", () => {
  it("goes to and from positions, with more room for small values", () => {
    expect(toValue(SCALE, 0)).toBe(0);
    expect(toValue(SCALE, positions(SCALE).max)).toBe(3.5);
    expect(toValue(SCALE, 100)).toBeCloseTo(3.5 / 4, 2);
    for (const value of [0.01, 0.2, 1, 3]) expect(toValue(SCALE, toPosition(SCALE, value))).toBeCloseTo(value, 5);
    expect(place(SCALE, 3.5 / 4)).toBeCloseTo(0.5);
    expect(place(SCALE, 99)).toBe(1);
  });

  it("has numbers that leave each other room, with both ends", () => {
    for (const high of [0.5, 3.5, 10, 128]) {
      const scale = { ...SCALE, high };
      const found = ticks(scale);
      expect(found[0]).toBe(0);
      expect(found.at(-1)).toBe(high);
      expect(found.length).toBeGreaterThan(4);
      const gaps = found.slice(1).map((value, i) => place(scale, value) - place(scale, found[i] as number));
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0.07 - 1e-9);
    }
  });

  it("says what is certified and what flips", () => {
    expect(zoneWords(null, null)).toBe("");
    expect(zoneWords(0.42, null)).toBe("certified to 0.42");
    expect(zoneWords(0.42, 1.71)).toBe("certified to 0.42, flips from 1.71");
    expect(zoneWords(null, 0)).toBe("flipped already");
  });
});

describe("pixels", () => {
  const grey = photo(new Uint8ClampedArray([100, 100, 100, 255, 250, 250, 250, 255]), 2, 1);

  it("adds a perturbation in units of the range, and keeps to black and white", () => {
    const found = perturbed(grey, Float32Array.of(-1, 0.1), 1, 1);
    expect([...found.rgba]).toEqual([0, 0, 0, 255, 255, 255, 255, 255]);
    expect([...perturbed(grey, Float32Array.of(10, -10), 1, 255).rgba]).toEqual([
      110, 110, 110, 255, 240, 240, 240, 255,
    ]);
  });

  it("adds each colour by itself", () => {
    const found = perturbed(grey, Float32Array.of(0.2, 0, -0.2, 0, 0, 0), 3, 1);
    expect([...found.rgba.slice(0, 4)]).toEqual([151, 100, 49, 255]);
  });

  it("leaves the picture that it starts from alone", () => {
    perturbed(grey, Float32Array.of(1, 1), 1, 1);
    expect(grey.rgba[0]).toBe(100);
  });

  it("magnifies colours around grey, and one channel in the colours of maps", () => {
    expect([...magnified(Float32Array.of(0.05, 0, -0.1), 3, 10, 1, colormaps.red_blue)]).toEqual([191, 128, 0, 255]);
    const [low, middle, high] = [-0.1, 0, 0.1].map((value) => [
      ...magnified(Float32Array.of(value), 1, 10, 1, colormaps.red_blue),
    ]);
    expect(low?.[2]).toBeGreaterThan(low?.[0] as number);
    expect(high?.[0]).toBeGreaterThan(high?.[2] as number);
    expect(Math.min(...(middle as number[]).slice(0, 3))).toBeGreaterThan(240);
  });
});

describe("what is known of a model", () => {
  it("keeps a map until the next one comes", () => {
    const view = new Attacked();
    view.take(...frame());
    view.take(...frame({ generation: 2, maps: [null, null], header: null }));
    expect(view.frame?.generation).toBe(2);
    expect([...(view.after?.map ?? [])]).toEqual([0, 2, 0, 0]);
    expect(view.header?.radius).toBe(0.5);
  });

  it("refuses what is older", () => {
    const view = new Attacked();
    view.take(...frame({ generation: 2 }));
    view.take(...frame({ generation: 1, headline: "old" }));
    expect(view.frame?.headline).toBe("now dog");
  });

  it("comes back from a snapshot, older than anything from a kernel", () => {
    vi.useFakeTimers();
    const store = (_snapshot: unknown) => {
      const model = new FakeModel(attackTraits({ _snapshot }));
      return { model, store: new AttackStore(model as unknown as AnyModel<AttackTraits>) };
    };
    const { model } = store(null);
    for (const view of [0, 1]) model.deliver(...frame({ view }));
    model.deliver(...frame({ maps: [null, null], header: null }));
    vi.runAllTimers();
    const json = JSON.parse(JSON.stringify(model.traits._snapshot));
    const page = store(json);
    expect(page.store.saved).toBe(true);
    const again = page.store.views[0] as Attacked;
    expect(again.header?.radius).toBe(0.5);
    expect(again.after?.shape).toEqual([2, 2]);
    expect([...(again.after?.map ?? [])].map((value) => Number(value.toFixed(3)))).toEqual([0, 2, 0, 0]);
    expect([...(again.frame?.perturbation ?? [])].map((value) => Number(value.toFixed(3)))).toEqual([0, 0.5, -0.5, 0]);
    again.take(...frame({ generation: -5, headline: "new" }));
    expect(again.frame?.headline).toBe("new");
    expect(store({ version: 7 }).store.saved).toBe(false);
    vi.useRealTimers();
  });
});

describe("the attacker", () => {
  let painted: { data: Uint8ClampedArray; width: number }[] = [];

  beforeEach(() => {
    vi.useFakeTimers();
    painted = [];
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
      putImageData: (image: { data: Uint8ClampedArray; width: number }) =>
        painted.push({ data: image.data.slice(), width: image.width }),
      drawImage: () => undefined,
      getImageData: (_x: number, _y: number, width: number, height: number) => ({
        data: new Uint8ClampedArray(4 * width * height).fill(100),
      }),
    } as unknown as CanvasRenderingContext2D);
    vi.stubGlobal(
      "Image",
      class {
        src = "";
        decode = async () => undefined;
      },
    );
  });

  afterEach(() => {
    document.body.replaceChildren();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it("shows the outcome, the classes before and after, and five pictures", async () => {
    const { model, el } = await open();
    model.deliver(...frame());
    await paint();
    await paint();
    const column = el.querySelector(".xai-column") as HTMLElement;
    expect(text(column, ".xai-verdict")).toBe("now dog");
    expect(text(column, ".xai-detail")).toBe("changed by 0.98");
    expect(column.dataset.kind).toBe("flipped");
    const values = [...column.querySelectorAll(".xai-pairs li:not([hidden]) .xai-bar-value")].map((e) => e.textContent);
    expect(values).toEqual(["90 % → 20 %", "10 % → 80 %"]);
    expect(text(column, ".xai-answer .xai-bar-name")).toBe("dog");
    const words = [...column.querySelectorAll(".xai-cell-words")].map((e) => e.textContent);
    expect(words[1]).toBe("attacked: dog");
    expect(words[2]).toBe("change × 2length 0.98");
    expect(words[4]).toContain("why dog");
    expect(painted.length).toBeGreaterThanOrEqual(5);
    // Brighter by half where the perturbation says so.
    expect(painted.some(({ data }) => data[0] === 100 && data[4] === 228 && data[8] === 0)).toBe(true);
  });

  it("draws the certified radius and what flips along the slider", async () => {
    const { model, el } = await open();
    model.deliver(...frame());
    model.deliver(
      ...frame({
        frame: 2,
        view: 1,
        flips: null,
        header: { state: STATE, code: "", radius: null, ends: ["less", "more"] },
      }),
    );
    await paint();
    const [first, second] = [...el.querySelectorAll(".xai-zone")] as [HTMLElement, HTMLElement];
    const safe = first.querySelector(".xai-safe") as HTMLElement;
    expect(safe.hidden).toBe(false);
    expect(Number.parseFloat(safe.style.width)).toBeCloseTo(100 * Math.sqrt(0.5 / 3.5), 1);
    const flips = first.querySelector(".xai-flips") as HTMLElement;
    expect(Number.parseFloat(flips.style.left)).toBeCloseTo(100 * Math.sqrt(0.98 / 3.5), 1);
    expect((second.querySelector(".xai-safe") as HTMLElement).hidden).toBe(true);
    expect((second.querySelector(".xai-flips") as HTMLElement).hidden).toBe(true);
    expect(text(el, ".xai-zone-words")).toBe("certified to 0.5, flips from 0.98");
  });

  it("asks while epsilon moves, and sets the trait when it is let go", async () => {
    const { model, el } = await open();
    const slider = el.querySelector(".xai-epsilon input") as HTMLInputElement;
    expect(el.querySelector(".xai-epsilon label")?.textContent).toBe("Epsilon");
    slider.dispatchEvent(new Event("pointerdown"));
    slider.value = "50";
    slider.dispatchEvent(new Event("input"));
    await paint();
    const [asked] = model.of("request");
    const state = asked?.state as typeof STATE;
    expect(state.epsilon).toBeCloseTo(3.5 / 16, 2);
    expect(Object.keys(state).sort()).toEqual(["epsilon", "method"]);
    expect(model.saved).toEqual([]);
    slider.dispatchEvent(new Event("pointerup"));
    expect(model.saved.at(-1)?.epsilon).toBeCloseTo(3.5 / 16, 2);
  });

  it("gives each norm its own epsilon and its own slider", async () => {
    const { model, el } = await open();
    const linf = el.querySelector('input[value="linf"]') as HTMLInputElement;
    const choose = (input: HTMLInputElement) => {
      input.checked = true;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    };
    choose(linf);
    expect(model.of("settle").at(-1)?.changes).toEqual({ norm: "linf" });
    await model.follow({ norm: "linf", epsilon: 0.1 });
    expect(text(el, ".xai-ticks span:last-child")).toBe("0.5");
    model.deliver({ type: "error", frame: 9, generation: 9, request: null, view: null, message: "No." });
    choose(el.querySelector('input[value="l2"]') as HTMLInputElement);
    model.deliver({ type: "error", frame: 10, generation: 9, request: null, view: null, message: "No." });
    expect(linf.checked, "what was refused is not shown as chosen").toBe(true);
  });

  it("shows nothing of another norm or picture along the slider", async () => {
    const { model, el } = await open();
    model.deliver(...frame());
    await paint();
    model.arrive({ norm: "linf", epsilon: 0.1 });
    await paint();
    expect((el.querySelector(".xai-safe") as HTMLElement).hidden).toBe(true);
    expect(text(el, ".xai-zone-words")).toBe("");
  });

  it("compares with what was before", async () => {
    const { model, el } = await open();
    model.deliver(...frame());
    await paint();
    await paint();
    const button = [...el.querySelectorAll("button")].find((e) => e.textContent === "Show before") as HTMLButtonElement;
    const isAttacked = ({ data }: { data: Uint8ClampedArray }): boolean => data[0] === 100 && data[4] === 228;
    expect(painted.some(isAttacked)).toBe(true);
    painted = [];
    button.click();
    expect(painted.length).toBeGreaterThan(0);
    expect(painted.some(isAttacked)).toBe(false);
    expect(button.getAttribute("aria-pressed")).toBe("true");
    expect([...el.querySelectorAll(".xai-cell-words")].map((e) => e.textContent)[1]).toBe("before: cat");
    button.click();
    expect([...el.querySelectorAll(".xai-cell-words")].map((e) => e.textContent)[1]).toBe("attacked: dog");
  });

  it("dims the explanation of what was attacked before until the new one comes", async () => {
    const { model, el } = await open();
    model.deliver(...frame());
    await paint();
    model.deliver(...frame({ frame: 2, generation: 2, maps: [[2, 2], null] }, [[0, 0, 0, 0], [1, 0, 0, 0], []]));
    await paint();
    await paint();
    const [, , , before, after] = [...el.querySelectorAll(".xai-cell")];
    expect(after?.classList.contains("xai-old")).toBe(true);
    expect(before?.classList.contains("xai-old")).toBe(false);
  });

  it("reads the outcome out, and class names as text", async () => {
    const { model, el } = await open();
    model.deliver(...frame({ headline: "now <b>dog</b>" }));
    model.deliver(...frame({ frame: 2, view: 1, headline: "still cat", detail: "certified" }));
    await paint();
    const spoken = [...el.querySelectorAll(".xai-spoken")].map((e) => e.textContent).join();
    expect(spoken).toBe("one: now <b>dog</b>, changed by 0.98. two: still cat, certified.");
  });

  it("gives the pictures the room of the settings until these are asked for", async () => {
    const { model, el } = await open();
    const panel = el.querySelector(".xai-panel") as HTMLElement;
    expect(panel.hidden).toBe(true);
    const settings = [...el.querySelectorAll("button")].find((e) => e.textContent === "Settings") as HTMLButtonElement;
    settings.click();
    expect(panel.hidden).toBe(false);
    model.arrive({ display: { ...DISPLAY, presenter: true } });
    expect(panel.hidden).toBe(false);
  });

  it("leaves no listener behind", async () => {
    const { model, cleanup, close, el } = await open();
    cleanup();
    close();
    expect(model.listenerCount).toBe(0);
    expect(el.childElementCount).toBe(0);
  });
});
