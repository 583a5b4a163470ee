import type { AnyModel, AnyWidget } from "@anywidget/types";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Game, WalkTraits } from "../src/shared/protocol";
import walker from "../src/walk";
import { amount, back, change, entries, isOver, next, type Place, reach, shares } from "../src/walk/game";
import { FAST, SLOW } from "../src/walk/store";
import { sentence } from "../src/walk/words";
import { FakeModel } from "./fake_model";

const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

/** The price of a house, in thousands: age 1, rooms 2, location 4. */
const HOUSE: Game = {
  players: ["age", "rooms", "location"],
  values: [250, 230, 310, 280, 400, 390, 520, 500],
  orders: ORDERS,
  worth: "price",
  prefix: "$",
  suffix: "",
  digits: 0,
};

describe("a game", () => {
  it("says who enters and what each one brings", () => {
    expect(entries(HOUSE, 3)).toEqual([
      { player: 1, before: 250, after: 310, brought: 60 },
      { player: 2, before: 310, after: 520, brought: 210 },
      { player: 0, before: 520, after: 500, brought: -20 },
    ]);
  });

  it("averages what was brought until the place one is at", () => {
    expect(shares(HOUSE, { order: 0, step: 0 }).map(({ count }) => count)).toEqual([0, 0, 0]);
    expect(shares(HOUSE, { order: 1, step: 2 })).toEqual([
      { mean: -20, count: 2 },
      { mean: 50, count: 1 },
      { mean: 190, count: 2 },
    ]);
    expect(shares(HOUSE, { order: 5, step: 3 }).map(({ mean }) => mean)).toEqual([-20, 85, 185]);
  });

  it("knows the most and the least that anyone can bring", () => {
    expect(reach(HOUSE)).toEqual([-30, 220]);
    expect(reach({ ...HOUSE, values: [0, 1, 2, 3, 4, 5, 6, 7] })).toEqual([0, 4]);
  });

  it("is walked forwards and backwards over the same places", () => {
    let place: Place = { order: 0, step: 0 };
    const places = [place];
    while (!isOver(HOUSE, place)) {
      place = next(HOUSE, place);
      places.push(place);
    }
    expect(places).toHaveLength(1 + 6 * 3);
    expect(next(HOUSE, place)).toEqual(place);
    for (const expected of places.reverse()) {
      expect(place).toEqual(expected);
      place = back(HOUSE, place);
    }
    expect(place).toEqual({ order: 0, step: 0 });
  });

  it("writes numbers as people do", () => {
    const plain = { ...HOUSE, prefix: "", digits: 2 };
    expect(amount({ ...HOUSE, suffix: "k" }, 1234567)).toBe("$1,234,567k");
    expect(change(HOUSE, 50)).toBe("+$50");
    expect(change(HOUSE, -50)).toBe("−$50");
    expect(amount(plain, -0.001)).toBe("0.00");
    expect(change(plain, -1.5)).toBe("−1.50");
  });

  it("is told in sentences", () => {
    expect(sentence(HOUSE, { order: 0, step: 0 })).toBe("Nobody is in yet: the price is $250.");
    expect(sentence(HOUSE, { order: 3, step: 1 })).toBe(
      "rooms enters first: the price goes from $250 to $310, so rooms brings +$60.",
    );
    expect(sentence(HOUSE, { order: 3, step: 3 })).toMatch(/^age enters after rooms and location: .* brings −\$20\.$/);
  });
});

describe("the widget", () => {
  let fake: FakeModel;
  let el: HTMLElement;
  let stop: () => void;

  const open = (change: Record<string, unknown> = {}): void => {
    fake = new FakeModel({ game: HOUSE, order: 0, step: 0, presenter: false, ...change });
    el = document.createElement("div");
    document.body.append(el);
    const model = fake as unknown as AnyModel<WalkTraits>;
    const made = (walker as () => AnyWidget<WalkTraits>)() as unknown as {
      initialize(given: unknown): () => void;
      render(given: unknown): () => void;
    };
    const close = made.initialize({ model });
    const leave = made.render({ model, el });
    stop = () => {
      leave();
      close();
    };
  };
  const button = (name: string): HTMLButtonElement => {
    const found = [...el.querySelectorAll("button")].find(({ textContent }) => textContent === name);
    if (found === undefined) throw new Error(`There is no button ${name}.`);
    return found;
  };
  const text = (selector: string): string[] => [...el.querySelectorAll(selector)].map((one) => one.textContent ?? "");
  const place = (): unknown => [fake.get("order"), fake.get("step")];

  beforeEach(() => {
    vi.useFakeTimers();
    open();
  });
  afterEach(() => {
    stop();
    el.remove();
    vi.useRealTimers();
  });

  it("has its buttons above what they change, within reach of a small screen", () => {
    const buttons = el.querySelector(".xai-walk-controls");
    expect(buttons?.nextElementSibling?.className).toBe("xai-walk-words");
  });

  it("walks by its buttons and tells Python where it is", () => {
    expect(button("Back").disabled).toBe(true);
    button("Next").click();
    expect(fake.saved.at(-1)).toEqual({ order: 0, step: 1 });
    expect(text(".xai-walk-words")).toEqual([
      "age enters first: the price goes from $250 to $230, so age brings −$20.",
    ]);
    expect(text(".xai-averages .xai-bar-value")).toEqual(["−$20", "–", "–"]);
    expect(text(".xai-queue .xai-entered")).toEqual(["age"]);
    button("Back").click();
    expect(place()).toEqual([0, 0]);
  });

  it("keeps the focus on its button at the end of the last order but one", () => {
    open({ order: 4, step: 3 });
    const written = vi.spyOn(button("Next"), "disabled", "set");
    button("Next").click();
    expect(place()).toEqual([5, 1]);
    expect(written.mock.calls.flat()).not.toContain(true);
  });

  it("fills the table and ends at the Shapley values", () => {
    fake.arrive({ order: 5, step: 3 });
    expect(text("tbody tr:nth-child(4) td")).toEqual(["−$20", "+$60", "+$210"]);
    expect(text("tfoot td")).toEqual(["−$20", "+$85", "+$185"]);
    expect(text(".xai-averages .xai-bar-value")).toEqual(["−$20", "+$85", "+$185"]);
    expect(text("section h3")).toEqual(["Shapley values"]);
    expect(text(".xai-sum b")).toEqual(["+$250"]);
    expect(button("Next").disabled).toBe(true);
  });

  it("keeps what has not happened yet to itself", () => {
    fake.arrive({ order: 1, step: 1 });
    expect(text("tbody tr:nth-child(2) td")).toEqual(["−$20", "", ""]);
    expect(text("tbody tr:nth-child(3) th")).toEqual(["3."]);
    expect(text(".xai-sum b")).toEqual(["…"]);
    expect(text(".xai-waiting b").join("")).toBe("");
  });

  it("jumps to the end of an order by its slider", () => {
    const input = el.querySelector("input");
    if (input === null) throw new Error("There is no slider.");
    input.value = "4";
    input.dispatchEvent(new Event("input", { bubbles: true }));
    expect(place()).toEqual([3, 3]);
  });

  it("listens to arrows, but not on the slider", () => {
    button("Next").dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    expect(place()).toEqual([0, 1]);
    button("Next").dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", bubbles: true }));
    expect(place()).toEqual([0, 0]);
    el.querySelector("input")?.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
    expect(place()).toEqual([0, 0]);
  });

  it("plays to the end and stops", () => {
    button("Play").click();
    expect(place()).toEqual([0, 1]);
    vi.advanceTimersByTime(SLOW);
    expect(place()).toEqual([0, 2]);
    button("Pause").click();
    vi.advanceTimersByTime(10 * SLOW);
    expect(place()).toEqual([0, 2]);
    button("Play").click();
    vi.advanceTimersByTime(30 * SLOW);
    expect(place()).toEqual([5, 3]);
    button("Play again").click();
    expect(place()).toEqual([0, 1]);
  });

  it("plays whole orders where there are many", () => {
    stop();
    el.remove();
    open({ game: { ...HOUSE, orders: [...ORDERS, ...ORDERS] }, order: 2, step: 0 });
    button("Play").click();
    vi.advanceTimersByTime(2 * FAST);
    expect(place()).toEqual([2, 3]);
    vi.advanceTimersByTime(3 * FAST);
    expect(place()).toEqual([5, 3]);
  });

  it("leaves nothing behind", () => {
    button("Play").click();
    stop();
    expect(fake.listenerCount).toBe(0);
    expect(el.childElementCount).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
