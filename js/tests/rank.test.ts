import type { AnyModel, AnyWidget } from "@anywidget/types";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import ranker from "../src/rank";
import { decimals } from "../src/rank/figures";
import { line } from "../src/rank/opened";
import { fromWorst, placeWords, slots } from "../src/rank/order";
import { meanWords } from "../src/rank/table";
import type { Ranking, RankMessage, RankTraits } from "../src/shared/protocol";
import { DISPLAY, FakeModel, option, traits } from "./fake_model";

const CELLS = ["path", "cover"].map((method) => ({ method, options: {}, layer: null }));
const METRICS = ["deletion", "insertion"].map((metric) => ({ metric, options: { fill: "mean" } }));
const STATE: Ranking = {
  method: "path",
  options: {},
  layer: null,
  index: 0,
  target: null,
  grid: CELLS,
  focus: 0,
  metrics: METRICS,
  row: 0,
  column: 0,
};

const fill = option({ name: "fill", kind: "choice", default: "mean", choices: ["mean", "black"] });
const entry = (name: string, better: "higher" | "lower") => ({
  name,
  label: name,
  sentence: "",
  reference: "",
  better,
  options: [fill],
});

const CATALOGUE = {
  models: [""],
  metrics: [entry("deletion", "lower"), entry("insertion", "higher")],
  most_methods: 5,
  most_metrics: 5,
  pictures: [0, 1, 2].map(() => ({ src: "data:image/png;base64,", width: 2, height: 2 })),
};

const EACH = [
  [
    [0.5, 0.5],
    [0.25, 0.75],
    [0.5, null],
  ],
  [
    [0.75, 0.25],
    [0.125, null],
    [null, null],
  ],
  [
    [0.25, 1],
    [0.25, 0.5],
    [null, null],
  ],
];

function frame(change: Partial<RankMessage> = {}): [RankMessage, unknown[]] {
  const message: RankMessage = {
    views: 1,
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
    values: [
      [0.5, 0.5],
      [0.25, 0.75],
      [0.5, null],
    ],
    errors: [
      [0.125, null],
      [0.0625, null],
      [null, null],
    ],
    ranks: [
      [2.5, 2],
      [1, 1],
      [2.5, null],
    ],
    coherence: [-1],
    inputs: 1,
    each: EACH,
    header: {
      state: STATE,
      code: "",
      titles: ["Path", "Cover", "random map"],
      controls: ["random"],
      labels: ["Deletion", "Insertion"],
      better: ["lower", "higher"],
      quantity: "cat",
      ends: ["less", "more"],
      outline: null,
    },
    ...change,
  };
  return [message, [new DataView(Float32Array.from([1, 0, 0, 0]).buffer)]];
}

async function open() {
  const common = traits();
  const catalogue = { ...(common.catalogue as object), ...CATALOGUE };
  const model = new FakeModel({ ...STATE, display: DISPLAY, catalogue, _snapshot: null });
  const widget = await (ranker as unknown as Extract<AnyWidget<RankTraits>, () => unknown>)();
  const own = () => ({ model: model as unknown as AnyModel<RankTraits>, signal: new AbortController().signal });
  await widget.initialize?.(own() as never);
  const el = document.createElement("div");
  document.body.append(el);
  await widget.render?.({ ...own(), el } as never);
  return { model, el };
}

const texts = (el: Element, selector: string) => [...el.querySelectorAll(selector)].map((one) => one.textContent);
const tops = (el: Element, column: number) =>
  [...el.querySelectorAll(".xai-rank-row")].map((row) => {
    const place = row.querySelectorAll<HTMLElement>(".xai-rank-place")[column] as HTMLElement;
    return Number.parseFloat(place.style.top);
  });

describe("the order of pictures and rows", () => {
  it("begins with the worst, which is the smallest where larger is better, and leaves out what is not known", () => {
    const values = [0.5, Number.NaN, 0.25, 0.75, 0.25];
    expect(fromWorst(values, "higher")).toEqual([2, 4, 0, 3]);
    expect(fromWorst(values, "lower")).toEqual([3, 0, 2, 4]);
  });

  it("gives equals places below each other, and what has no rank the last ones", () => {
    expect(slots([2.5, 1, null, 2.5])).toEqual([1, 0, 3, 2]);
    expect(slots([])).toEqual([]);
  });

  it("has words for each place", () => {
    const said = [0, 1, 2, 3, 4].map((place) => placeWords(place, 5));
    expect(said).toEqual(["worst of 5", "2nd worst of 5", "3rd worst of 5", "2nd best of 5", "best of 5"]);
    expect([10, 11, 20, 21].map((place) => placeWords(place, 100))).toEqual(
      ["11th", "12th", "21st", "22nd"].map((one) => `${one} worst of 100`),
    );
    expect(placeWords(0, 1)).toBe("the first picture");
  });

  it("is drawn from left to right", () => {
    const drawn = line("kind", [0.5, 0.25, 0.75], [1, 0, 2], true);
    expect(drawn).toMatchObject({ x: [0, 0.5, 1], y: [0.25, 0.5, 0.75], dashed: true });
    expect(line("kind", [0.5], [0], false).x).toEqual([0]);
  });

  it("says a mean with its error where that is known", () => {
    expect(meanWords(0.5, 0.125)).toBe("0.50 ± 0.13");
    expect(meanWords(0.5, null)).toBe("0.50");
    expect(meanWords(null, null)).toBe("…");
    expect(meanWords(0.0812, 0.0031, 4)).toBe("0.0812 ± 0.0031");
  });

  it("gives as many decimals as tell the values of a column apart, four significant digits at most", () => {
    expect(decimals([0.5, 0.25, null])).toBe(2);
    expect(decimals([0.0812, 0.0834, 0.0834])).toBe(3);
    expect(decimals([0.0812, 0.0814])).toBe(4);
    expect(decimals([0.081231, 0.081232])).toBe(5);
    expect(decimals([12.3456, 12.3457])).toBe(2);
    expect(decimals([Number.NaN, 0, 0])).toBe(2);
    expect(decimals([])).toBe(2);
  });
});

describe("a ranker", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    document.body.replaceChildren();
  });

  const opened = async () => {
    const { model, el } = await open();
    model.deliver(...frame());
    await vi.advanceTimersByTimeAsync(40);
    return { model, el };
  };

  it("has the best of each column on top", async () => {
    const { el } = await opened();
    expect(texts(el, ".xai-rank-name")).toEqual(["Path", "Cover", "random map"]);
    const order = (column: number) => tops(el, column).map((top) => Math.floor((3 * top) / 100));
    expect(order(0)).toEqual([1, 0, 2]);
    expect(order(1)).toEqual([1, 0, 2]);
    expect(texts(el, ".xai-rank-cell")).toEqual(["0.50± 0.13", "0.50", "0.25± 0.06", "0.75", "0.50", "…"]);
    expect(texts(el, ".xai-rank-taus span")).toEqual(["τ −1.00"]);
    expect(texts(el, ".xai-rank-over")).toEqual(["means over 1 of 3 pictures, ± standard errors"]);
    const points = el.querySelector(".xai-rank-line")?.getAttribute("points")?.split(" ");
    expect(points).toHaveLength(3);
  });

  it("opens the worst picture of a cell", async () => {
    const { model, el } = await opened();
    expect(texts(el, ".xai-rank-which")).toEqual(["picture 1, 2nd worst of 3"]);
    expect(texts(el, ".xai-rank-value")).toEqual(["0.50"]);
    const cells = el.querySelectorAll<HTMLButtonElement>(".xai-rank-cell");
    cells[1]?.click();
    expect([model.get("row"), model.get("column"), model.get("index")]).toEqual([0, 1, 1]);
    cells[2]?.click();
    expect([model.get("row"), model.get("column"), model.get("index")]).toEqual([1, 0, 0]);
    cells[5]?.click();
    expect([model.get("row"), model.get("column"), model.get("index")]).toEqual([2, 1, 0]);
    expect(texts(el, ".xai-rank-which")).toEqual(["picture 1, not judged yet"]);
  });

  it("goes from the worst to the best with the slider", async () => {
    const { model, el } = await opened();
    const slider = el.querySelector<HTMLInputElement>(".xai-along input") as HTMLInputElement;
    expect([slider.max, slider.value, slider.getAttribute("aria-valuetext")]).toEqual(["2", "1", "2nd worst of 3"]);
    slider.value = "2";
    slider.dispatchEvent(new Event("input"));
    await vi.advanceTimersByTimeAsync(40);
    expect(model.of("request").at(-1)?.state).toMatchObject({ index: 2 });
    expect(model.get("index")).toBe(0);
    slider.dispatchEvent(new Event("change"));
    expect(model.get("index")).toBe(2);
  });

  it("leaves the slider under the hand while the table fills in, and then lets it reach all that is known", async () => {
    const { model, el } = await opened();
    const find = () => el.querySelector<HTMLInputElement>(".xai-along input") as HTMLInputElement;
    const slider = find();
    slider.dispatchEvent(new Event("pointerdown"));
    const each = [...EACH, EACH[0] as (typeof EACH)[number]];
    model.deliver(...frame({ frame: 2, each }));
    await vi.advanceTimersByTimeAsync(40);
    expect(find()).toBe(slider);
    slider.dispatchEvent(new Event("pointerup"));
    await vi.advanceTimersByTimeAsync(40);
    expect(find().max).toBe("3");
  });

  it("moves the settings of the metric whose column is open", async () => {
    const { model, el } = await opened();
    const menu = el.querySelector('[aria-label="Settings of the metric"] :is(select, input[value="black"])');
    const choice = menu as HTMLSelectElement & HTMLInputElement;
    if (choice.tagName === "SELECT") choice.value = "black";
    else choice.checked = true;
    choice.dispatchEvent(new Event("change", { bubbles: true }));
    await vi.advanceTimersByTimeAsync(40);
    expect(model.get("metrics")).toEqual([{ metric: "deletion", options: { fill: "black" } }, METRICS[1]]);
  });

  it("takes methods and metrics away", async () => {
    const { model, el } = await opened();
    const away = [...el.querySelectorAll<HTMLButtonElement>(".xai-rank-away")];
    const named = (words: string) => away.find((one) => one.getAttribute("aria-label") === words);
    expect(named("Take random map away")?.hidden).toBe(true);
    named("Take Cover away")?.click();
    expect(model.of("settle").at(-1)?.changes).toMatchObject({ grid: [CELLS[0]], focus: 0 });
    const panel = el.querySelector('[aria-label="Settings of the metric"]');
    [...(panel?.querySelectorAll("button") ?? [])].find((one) => one.textContent === "Take it away")?.click();
    expect(model.of("settle").at(-1)?.changes).toMatchObject({ metrics: [METRICS[1]], column: 0 });
  });
});
