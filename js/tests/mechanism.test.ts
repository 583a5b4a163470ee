import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { part } from "../src/explorer/mechanism_parts";
import { ExplorerStore } from "../src/explorer/store";
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
