import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Store } from "../src/shared/explanation/store";
import { CATALOGUE, FakeModel, frame, header, traits } from "./fake_model";

function setUp(change: Record<string, unknown> = {}) {
  const model = new FakeModel({ ...traits(), ...change });
  const store = new Store(model.model);
  model.sent.length = 0;
  return { model, store };
}

/** Lets what was put off until the next microtask happen. */
const settled = (): Promise<void> => Promise.resolve();

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a new store", () => {
  it("says hello once", () => {
    const model = new FakeModel(traits());
    new Store(model.model);
    expect(model.sent).toEqual([{ type: "hello" }]);
    expect(model.saved).toEqual([]);
  });
});

describe("moving an option", () => {
  it("asks while dragging and leaves the traits alone; letting go sets them", () => {
    const { model, store } = setUp();
    for (const steps of [128, 256]) store.moveOption("steps", steps);
    vi.advanceTimersByTime(16);
    expect(model.of("request").map(({ state }) => state)).toEqual([
      { method: "path", options: { steps: 256, start: "black", seed: 0 } },
    ]);
    expect(model.saved).toEqual([]);
    store.settle();
    expect(model.saved).toHaveLength(1);
    expect(model.saved[0]).toMatchObject({ options: { steps: 256, start: "black", seed: 0 } });
    vi.advanceTimersByTime(1000);
    expect(model.of("request")).toHaveLength(1);
  });

  it("tells the kernel the question before the traits change", () => {
    const { model, store } = setUp();
    let before = -1;
    vi.spyOn(model, "save_changes").mockImplementation(() => {
      before = model.of("request").length;
    });
    store.moveOption("steps", 128);
    store.settle();
    expect(before).toBe(1);
  });

  it("keeps an option within the one that bounds it", () => {
    const { store } = setUp({ method: "cover", options: { window: 8, stride: 4 } });
    store.moveOption("window", 2);
    expect(store.question.options).toEqual({ window: 2, stride: 2 });
  });
});

describe("changing the method", () => {
  it("is decided by the kernel: what comes with it is shown once the traits tell", async () => {
    const { model, store } = setUp();
    store.chooseMethod("cover");
    expect(model.of("settle").map(({ changes }) => changes)).toEqual([{ method: "cover" }]);
    expect(store.question.method).toBe("path");
    await model.follow({ method: "cover", options: { window: 5, stride: 4 }, layer: null });
    expect(store.question).toMatchObject({ method: "cover", options: { window: 5, stride: 4 } });
    expect(model.saved).toEqual([]);
    store.chooseMethod("cover");
    expect(model.of("settle")).toHaveLength(1);
  });

  it("sends what was moved first, so that the method keeps it", () => {
    const { model, store } = setUp();
    store.moveOption("steps", 16);
    store.chooseMethod("cover");
    expect(model.sent.map(({ type }) => type)).toEqual(["request", "settle"]);
  });

  it("names the method whose options are moved, because another one may be on its way", () => {
    const { model, store } = setUp();
    store.chooseMethod("cover");
    store.moveOption("steps", 16);
    vi.advanceTimersByTime(300);
    expect(model.of("request").at(-1)?.state).toEqual({
      method: "path",
      options: { steps: 16, start: "black", seed: 0 },
    });
  });
});

describe("how maps are drawn", () => {
  it("never asks the kernel", () => {
    const { model, store } = setUp();
    const drawn = vi.fn();
    store.signals.on("display", drawn, new AbortController().signal);
    const changes = [
      { colormap: "viridis" },
      { sign: "positive" },
      { clip: 95 },
      { opacity: 0.2 },
      { smoothing: 2 },
      { layout: "beside" },
      { presenter: true },
    ] as const;
    for (const change of changes) {
      store.draw(change);
      store.settleDisplay();
    }
    vi.advanceTimersByTime(5000);
    expect(drawn).toHaveBeenCalledTimes(changes.length);
    expect(model.sent).toEqual([]);
    expect(model.traits.display).toMatchObject({ sign: "positive", clip: 95, presenter: true });
  });

  it("follows Python, but for what the person is holding", () => {
    const { model, store } = setUp();
    store.hold("clip", true);
    store.draw({ clip: 92 });
    model.arrive({ display: { clip: 99, opacity: 0.5 } });
    expect(store.display).toMatchObject({ clip: 92, opacity: 0.5 });
  });
});

describe("traits from Python", () => {
  it("move the question once, and send nothing", async () => {
    const { model, store } = setUp();
    const changed = vi.fn();
    store.signals.on("question", changed, new AbortController().signal);
    model.arrive({ method: "cover", options: { window: 3, stride: 1 }, index: 1, target: 2 });
    await settled();
    expect(store.question).toMatchObject({ method: "cover", options: { window: 3, stride: 1 }, index: 1, target: 2 });
    expect(changed).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(5000);
    expect(model.sent).toEqual([]);
    expect(model.saved).toEqual([]);
  });

  it("do not move the option that the person is holding", async () => {
    const { model, store } = setUp();
    store.hold("steps", true);
    store.moveOption("steps", 8);
    model.arrive({ options: { steps: 64, start: "white", seed: 1 } });
    await settled();
    expect(store.question.options).toEqual({ steps: 8, start: "white", seed: 1 });
    store.hold("steps", false);
    model.arrive({ options: { steps: 32, start: "white", seed: 1 } });
    await settled();
    expect(store.question.options.steps).toBe(32);
  });

  it("that were the browser's own change nothing", async () => {
    const { store } = setUp();
    const changed = vi.fn();
    store.choose({ index: 1 });
    store.signals.on("question", changed, new AbortController().signal);
    await settled();
    expect(changed).not.toHaveBeenCalled();
  });

  it("are followed by a request when the person goes back to what was asked before", async () => {
    const { model, store } = setUp();
    store.choose({ index: 1 });
    model.arrive({ index: 0 });
    await settled();
    store.choose({ index: 1 });
    expect(model.of("request").map(({ state }) => (state as { index: number }).index)).toEqual([1, 1]);
  });
});

describe("frames", () => {
  it("never go back in time", () => {
    const { model, store } = setUp();
    const shown: [number, number][] = [];
    store.signals.on(
      "frames",
      () => {
        const { generation = 0, evaluations = 0 } = store.views[0]?.frame ?? {};
        shown.push([generation, evaluations]);
      },
      new AbortController().signal,
    );
    const order = [
      [1, 5],
      [1, 3],
      [3, 1],
      [2, 60],
      [3, 9],
      [3, 4],
      [3, 65],
      [1, 65],
    ] as const;
    order.forEach(([generation, evaluations], i) => {
      model.deliver(...frame({ frame: i + 1, generation, evaluations }));
      vi.advanceTimersByTime(16);
    });
    const size = ([generation, evaluations]: [number, number]): number => 1000 * generation + evaluations;
    expect(shown.map(size)).toEqual([...shown].map(size).sort((a, b) => a - b));
    expect(shown.at(-1)).toEqual([3, 65]);
    expect(model.of("acknowledge").at(-1)?.frame).toBe(order.length);
  });

  it("keep the header of a first frame that was never painted", () => {
    const { model, store } = setUp();
    model.deliver(...frame({ frame: 1, generation: 1, header: header({ code: "new()" }) }));
    model.deliver(...frame({ frame: 2, generation: 1, evaluations: 9, first: false, header: null }));
    vi.advanceTimersByTime(16);
    expect(store.views[0]?.header?.code).toBe("new()");
    expect(store.views[0]?.frame?.evaluations).toBe(9);
  });

  it("bring what is new of their header, even those that come too late, and all of it to a page that has none", () => {
    const { model, store } = setUp();
    const said = (generation: number, change: object): void =>
      model.deliver(...frame({ generation, header: null, ...change }));
    said(1, { news: { code: "news of nothing" } });
    expect(store.views[0]?.header).toBeUndefined();
    said(2, { header: header({ code: "first", title: "whole" }) });
    said(3, { news: { code: "second" } });
    expect(store.views[0]?.header).toEqual(header({ code: "second", title: "whole" }));
    said(9, { type: "error", message: "refused", view: null });
    said(4, { news: { title: "late" } });
    expect(store.views[0]?.header?.title).toBe("whole");
    said(10, { news: {} });
    expect(store.views[0]?.header).toEqual(header({ code: "second", title: "late" }));
    expect(store.views[1]?.header).toBeUndefined();
  });

  it("collect the convergence of their own generation", () => {
    const { model, store } = setUp();
    const points = () => store.views[0]?.points.map(({ evaluations, change }) => [evaluations, change]);
    model.deliver(...frame({ frame: 1, evaluations: 1 }));
    model.deliver(...frame({ frame: 2, evaluations: 5, change: 0.5 }));
    model.deliver(...frame({ frame: 3, evaluations: 9, change: 0.1 }));
    expect(points()).toEqual([
      [1, null],
      [5, 0.5],
      [9, 0.1],
    ]);
    model.deliver(...frame({ frame: 4, generation: 2, evaluations: 1 }));
    expect(points()).toEqual([[1, null]]);
  });

  it("say when all is done", () => {
    const { model, store } = setUp();
    model.deliver(...frame({ frame: 1, view: 0 }));
    model.deliver(...frame({ frame: 2, view: 1 }));
    expect(store.running).toBe(true);
    model.deliver(...frame({ frame: 3, view: 0, evaluations: 65, final: true }));
    expect(store.running).toBe(true);
    model.deliver(...frame({ frame: 4, view: 1, evaluations: 9, stopped: true }));
    expect(store.running).toBe(false);
    model.deliver(...frame({ frame: 5, view: 0, generation: 2 }));
    expect(store.running).toBe(true);
    expect(store.current).toHaveLength(1);
  });

  it("of a model that is not there are passed over", () => {
    const { model, store } = setUp();
    model.deliver(...frame({ view: 7 }));
    expect(store.views.every(({ frame }) => frame === undefined)).toBe(true);
  });
});

describe("an error", () => {
  const error = { type: "error", request: null, view: null, message: "It is NaN." };

  it("keeps the picture, and goes when the next answer comes", () => {
    const { model, store } = setUp();
    model.deliver(...frame({ frame: 1, generation: 1 }));
    model.deliver({ ...error, frame: 2, generation: 2 });
    expect(store.error).toBe("It is NaN.");
    expect(store.running).toBe(false);
    expect(store.views[0]?.frame?.generation).toBe(1);
    store.moveOption("steps", 2);
    vi.advanceTimersByTime(16);
    expect(model.of("request")).toHaveLength(1);
    model.deliver(...frame({ frame: 3, generation: 3 }));
    expect(store.error).toBeNull();
    expect(store.running).toBe(true);
  });

  it("of one model lets the other go on", () => {
    const { model, store } = setUp();
    model.deliver(...frame({ frame: 1, view: 0, generation: 2 }));
    model.deliver({ ...error, frame: 2, generation: 2, view: 1 });
    expect(store.running).toBe(true);
    model.deliver(...frame({ frame: 3, view: 0, generation: 2, evaluations: 65, final: true }));
    expect(store.running).toBe(false);
    expect(store.error).toBe("It is NaN.");
  });
});

describe("the snapshot", () => {
  const finish = (model: FakeModel): void => {
    model.deliver(...frame({ frame: 1, view: 0, final: true, evaluations: 65 }, [0.5, -0.25, 0, 1]));
    model.deliver(...frame({ frame: 2, view: 1, final: true, evaluations: 65 }));
  };

  it("is set when the pictures have come to rest, and not sent", () => {
    const { model } = setUp();
    model.deliver(...frame({ frame: 1, view: 0 }));
    vi.advanceTimersByTime(5000);
    expect(model.traits._snapshot).toBeNull();
    model.deliver(...frame({ frame: 2, view: 0, final: true, evaluations: 65 }));
    model.deliver(...frame({ frame: 3, view: 1, final: true, evaluations: 65 }));
    vi.advanceTimersByTime(1000);
    expect(model.traits._snapshot).toMatchObject({ version: 2 });
    expect(model.saved).toEqual([]);
  });

  it("is taken back before the traits are saved, so that it never travels, and then made again", () => {
    const { model, store } = setUp();
    finish(model);
    vi.advanceTimersByTime(1000);
    store.settleDisplay();
    expect(model.saved.map(({ _snapshot }) => _snapshot)).toEqual([null]);
    vi.advanceTimersByTime(1000);
    expect(model.traits._snapshot).toMatchObject({ version: 2 });
  });

  it("shows a saved page its pictures until the kernel answers", () => {
    const { model } = setUp();
    finish(model);
    vi.advanceTimersByTime(1000);
    const page = setUp({ _snapshot: JSON.parse(JSON.stringify(model.traits._snapshot)) });
    expect(page.store.saved).toBe(true);
    expect(page.store.running).toBe(false);
    expect(page.store.current).toHaveLength(2);
    const [view] = page.store.views;
    expect(view?.header).toEqual(header());
    for (const [i, value] of [0.5, -0.25, 0, 1].entries()) expect(view?.frame?.map[i]).toBeCloseTo(value, 4);
    page.model.deliver(...frame({ generation: 0, frame: 1, evaluations: 1 }));
    expect(page.store.saved).toBe(false);
    expect(view?.frame?.evaluations).toBe(1);
  });

  it.each([null, {}, { version: 2 }, { version: 1 }])("is passed over when it is %j", (_snapshot) => {
    expect(setUp({ _snapshot }).store.saved).toBe(false);
  });
});

it("leaves nothing behind when closed", () => {
  const { model, store } = setUp();
  model.deliver(...frame({ view: 0, final: true }));
  model.deliver(...frame({ view: 1, final: true }));
  store.close();
  expect(model.listenerCount).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

it("takes the first method where the trait names none that it knows", () => {
  expect(setUp({ method: "lost" }).store.method.name).toBe(CATALOGUE.methods[0]?.name);
});
