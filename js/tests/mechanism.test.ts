import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { mechanism } from "../src/explorer/mechanism";
import { part } from "../src/explorer/mechanism_parts";
import { ExplorerStore } from "../src/explorer/store";
import type { Scene } from "../src/shared/explanation/scene";
import { Signals } from "../src/shared/signals";
import { FakeModel, traits } from "./fake_model";

const NUMBERED = /^[\d.]+,[\d.]+$/;

describe("asking how a value arises", () => {
  let model: FakeModel;
  let store: ExplorerStore;

  beforeEach(() => {
    vi.useFakeTimers();
    model = new FakeModel(traits());
    store = new ExplorerStore(model.model);
  });
  afterEach(() => {
    store.close();
    vi.useRealTimers();
  });

  it("asks at once, and then for the newest place alone", () => {
    for (const x of [1, 2, 3, 4]) store.inspect({ view: 0, at: [5, x] });
    vi.advanceTimersByTime(500);
    expect(model.of("inspect").map(({ at }) => at)).toEqual([
      [5, 1],
      [5, 4],
    ]);
  });

  it("does not ask again for the place that it asked for", () => {
    store.inspect({ view: 0, at: [5, 1] });
    vi.advanceTimersByTime(500);
    store.inspect({ view: 0, at: [5, 1] });
    vi.advanceTimersByTime(500);
    expect(model.of("inspect")).toHaveLength(1);
  });

  it("takes back what is pointed at no more, and its late answer", () => {
    store.inspect({ view: 0, at: [5, 1] });
    store.inspect(null);
    vi.advanceTimersByTime(500);
    expect(model.of("inspect").map(({ at }) => at)).toEqual([[5, 1], null]);
    model.deliver({ type: "mechanism", frame: 1, generation: 1, request: null, view: 0, at: [5, 1], parts: [] });
    expect(store.arising).toBeUndefined();
  });

  it("keeps the newest answer", () => {
    store.inspect({ view: 0, at: [5, 1] });
    model.deliver({ type: "mechanism", frame: 1, generation: 1, request: null, view: 0, at: [5, 1], parts: [] });
    expect(store.arising?.message.at).toEqual([5, 1]);
  });
});

describe("how it is shown beside the picture", () => {
  const model = new FakeModel(traits());
  const store = new ExplorerStore(model.model);
  const pointers = new Signals<"pointed">();
  const end = new AbortController();
  const scene = {
    store,
    signal: end.signal,
    pointer: { view: 0, x: 1, y: 0 },
    easel: { sheet: () => ({ drawing: { plane: { width: 2, height: 2 } } }) },
    onPointed: (listener: () => void) => pointers.on("pointed", listener, end.signal),
  } as unknown as Scene;
  Object.assign(store.views, [{ frame: { shape: [2, 2] } }]);
  const element = mechanism(scene, store);
  const words = (): string | null | undefined => element.querySelector("p")?.textContent;
  const told = (more: object): void => {
    model.deliver({
      type: "mechanism",
      frame: 1,
      generation: 1,
      request: null,
      view: 0,
      at: [0, 1],
      value: -0.5,
      sentence: " in one is so",
      parts: [],
      ...more,
    });
    store.signals.emit("frames");
  };
  afterAll(() => {
    end.abort();
    store.close();
  });

  it("waits, and says so, as long as nothing is known of that place", () => {
    pointers.emit("pointed");
    expect([element.hidden, element.className, words()]).toEqual([false, "xai-arises xai-stale", ""]);
    told({});
    expect([element.className, words()]).toEqual(["xai-arises", "−0.5 in one is so"]);
  });

  it("says that a smoothed map is explained before it is smoothed", () => {
    store.draw({ smoothing: 2 });
    expect(words()).toBe("−0.5 before smoothing in one is so");
    store.draw({ smoothing: 0 });
    expect(words()).toBe("−0.5 in one is so");
  });

  it("says why there is nothing in a sentence of its own", () => {
    store.draw({ smoothing: 2 });
    told({ value: null, sentence: "It has none." });
    expect(words()).toBe("It has none.");
  });

  it("waits for no kernel that is gone", () => {
    store.arising = undefined;
    store.status = "gone";
    store.signals.emit("status");
    expect(element.hidden).toBe(true);
  });
});

describe("what makes a value, drawn", () => {
  it("fills what lies between a curve and zero", () => {
    const drawn = part({ kind: "curve", label: "g", x: [0, 0.5, 1], y: [1, -1, 3], ends: ["black", "picture"] }, []);
    const points = drawn.querySelector("polygon")?.getAttribute("points")?.split(" ") ?? [];
    expect(points).toHaveLength(5);
    expect(points.every((one) => NUMBERED.test(one))).toBe(true);
    // It begins and ends at zero, which is a quarter up from -1 to 3.
    expect(points[0]).toBe(`0.0,${drawn.querySelector("line")?.getAttribute("y1")}`);
    expect(drawn.textContent).toContain("up to 3");
    expect(drawn.textContent).toContain("picture");
  });

  it("draws a dot for each number and a line at their mean", () => {
    const rows = [
      { name: "with it", values: [1, 2, 3], mean: 2 },
      { name: "without", values: [0, 1], mean: 0.5 },
    ];
    const drawn = part({ kind: "dots", label: "", rows }, []);
    expect(drawn.querySelectorAll("circle")).toHaveLength(5);
    const means = [...drawn.querySelectorAll(".xai-arises-mean")].map((line) => Number(line.getAttribute("x1")));
    expect(means[0]).toBeCloseTo(3 + (254 * 2) / 3);
    expect(means[1]).toBeCloseTo(3 + (254 * 0.5) / 3);
  });

  it("lets bars begin at zero, to the left where they are negative", () => {
    const rows = [
      { name: "channel 3", value: 3 },
      { name: "channel 1", value: -1 },
    ];
    const drawn = part({ kind: "bars", label: "", rows }, []);
    const [more, less] = [...drawn.querySelectorAll<HTMLElement>(".xai-arises-bar span")];
    expect([more?.style.left, more?.style.width]).toEqual(["25.0%", "75.0%"]);
    expect([less?.style.left, less?.style.width]).toEqual(["0.0%", "25.0%"]);
  });

  it("writes names as text", () => {
    const drawn = part({ kind: "bars", label: "<b>", rows: [{ name: "<img src=x>", value: 1 }] }, []);
    expect(drawn.querySelector("img")).toBeNull();
    expect(drawn.textContent).toContain("<img src=x>");
  });
});
