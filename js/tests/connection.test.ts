import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Connection, type KernelStatus, type Message } from "../src/shared/connection";
import { FakeModel } from "./fake_model";

const FRAME = 16;

function setUp() {
  const model = new FakeModel({});
  const received: Message[] = [];
  const paint = vi.fn();
  const states: KernelStatus[] = [];
  let asked = 0;
  const connection = new Connection(model.model, {
    ask: () => ({ state: asked as never, buffers: [] }),
    receive: (message) => received.push(message),
    paint,
    status: (status) => states.push(status),
  });
  const ask = (value: number): void => {
    asked = value;
    connection.ask();
  };
  /** The kernel answers with frame number `frame`. */
  const answer = (frame: number, generation = frame, request: unknown = null): void =>
    model.deliver({ type: "frame", frame, generation, request });
  const lastRequest = (): unknown => model.of("request").at(-1)?.request;
  /** Up to which frames the kernel was told that all are painted, alone or with a request. */
  const acknowledged = (): unknown[] =>
    model.sent.map(({ frame, painted }) => frame ?? painted).filter((number) => number !== undefined);
  return { model, received, paint, states, connection, ask, answer, lastRequest, acknowledged };
}

function hide(hidden: boolean): void {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
}

beforeEach(() => {
  vi.useFakeTimers();
  hide(false);
});
afterEach(() => {
  vi.useRealTimers();
});

describe("requests", () => {
  it("leaves when the event is over that asked for it", async () => {
    const { model, ask } = setUp();
    for (let i = 0; i < 10; i++) ask(i);
    expect(model.of("request")).toHaveLength(0);
    await Promise.resolve();
    expect(model.of("request").map(({ state }) => state)).toEqual([9]);
  });

  it("leaves when the answer comes that it waited for, before that is painted", async () => {
    const { model, answer, lastRequest, ask, paint } = setUp();
    ask(1);
    await Promise.resolve();
    ask(2);
    answer(1, 1, lastRequest());
    expect(model.of("request").map(({ state }) => state)).toEqual([1, 2]);
    expect(paint).not.toHaveBeenCalled();
  });

  it("waits until all models that come first are shown: sooner it would wait in the kernel, and be older", async () => {
    const { model, ask, lastRequest } = setUp();
    ask(1);
    await Promise.resolve();
    ask(2);
    const answer = { type: "frame", generation: 1, request: lastRequest() };
    model.deliver({ ...answer, frame: 1, led: false });
    vi.advanceTimersByTime(FRAME);
    expect(model.of("request")).toHaveLength(1);
    ask(3);
    model.deliver({ ...answer, frame: 2, led: true });
    expect(model.of("request").map(({ state }) => state)).toEqual([1, 3]);
  });

  it("sends one per animation frame, the last one asked for", () => {
    const { model, ask } = setUp();
    for (let i = 0; i < 10; i++) ask(i);
    expect(model.of("request")).toHaveLength(0);
    vi.advanceTimersByTime(FRAME);
    expect(model.of("request").map(({ state }) => state)).toEqual([9]);
  });

  it("keeps one unanswered, and sends the newest when the answer comes", () => {
    const { model, answer, lastRequest, ask } = setUp();
    ask(1);
    vi.advanceTimersByTime(FRAME);
    ask(2);
    vi.advanceTimersByTime(FRAME);
    ask(3);
    vi.advanceTimersByTime(FRAME);
    expect(model.of("request")).toHaveLength(1);
    answer(1, 1, lastRequest());
    vi.advanceTimersByTime(FRAME);
    expect(model.of("request").map(({ state }) => state)).toEqual([1, 3]);
  });

  it("does not take the answer to an older request for its own", () => {
    const { model, answer, lastRequest, ask } = setUp();
    ask(1);
    vi.advanceTimersByTime(FRAME);
    ask(2);
    answer(1, 1, Number(lastRequest()) - 1);
    answer(2, 2, null);
    vi.advanceTimersByTime(FRAME);
    expect(model.of("request")).toHaveLength(1);
  });

  it("waits 250 ms for an answer, not longer", () => {
    const { model, ask } = setUp();
    ask(1);
    vi.advanceTimersByTime(FRAME);
    ask(2);
    vi.advanceTimersByTime(240);
    expect(model.of("request")).toHaveLength(1);
    vi.advanceTimersByTime(10);
    expect(model.of("request").map(({ state }) => state)).toEqual([1, 2]);
  });

  it("is not held back for ever by one that was never answered", () => {
    const { model, ask } = setUp();
    ask(1);
    vi.advanceTimersByTime(1000);
    ask(2);
    vi.advanceTimersByTime(FRAME);
    expect(model.of("request").map(({ state }) => state)).toEqual([1, 2]);
  });

  it("ends 300 moves with the last position, whatever the kernel answers", () => {
    for (const answering of [true, false]) {
      const { model, answer, lastRequest, ask } = setUp();
      let frame = 0;
      for (let i = 1; i <= 300; i++) {
        ask(i);
        vi.advanceTimersByTime(5);
        if (answering && i % 7 === 0) answer(++frame, frame, lastRequest());
      }
      vi.advanceTimersByTime(1000);
      const sent = model.of("request").map(({ state }) => Number(state));
      expect(sent.at(-1)).toBe(300);
      expect(sent).toEqual([...sent].sort((a, b) => a - b));
      expect(sent.length).toBeLessThan(answering ? 100 : 10);
      const numbers = model.of("request").map(({ request }) => Number(request));
      expect(new Set(numbers).size).toBe(numbers.length);
    }
  });

  it("flushes at once when the person lets go, and then not a second time", () => {
    const { model, connection, ask } = setUp();
    ask(1);
    connection.flush();
    ask(2);
    connection.flush();
    connection.flush();
    vi.advanceTimersByTime(1000);
    expect(model.of("request").map(({ state }) => state)).toEqual([1, 2]);
  });

  it("numbers on from where a page that was there before stopped", () => {
    const first = setUp();
    first.ask(1);
    first.connection.flush();
    vi.advanceTimersByTime(1000);
    const second = setUp();
    second.ask(1);
    second.connection.flush();
    expect(second.lastRequest()).toBeGreaterThan(Number(first.lastRequest()));
  });
});

describe("frames", () => {
  it("are painted once per animation frame and acknowledged once, cumulatively", () => {
    const { model, paint, answer } = setUp();
    for (let frame = 1; frame <= 5; frame++) answer(frame);
    expect(paint).not.toHaveBeenCalled();
    expect(model.of("acknowledge")).toHaveLength(0);
    vi.advanceTimersByTime(FRAME);
    expect(paint).toHaveBeenCalledTimes(1);
    expect(model.of("acknowledge")).toEqual([{ type: "acknowledge", frame: 5 }]);
    vi.advanceTimersByTime(1000);
    expect(paint).toHaveBeenCalledTimes(1);
    expect(model.of("acknowledge")).toHaveLength(1);
  });

  it("are acknowledged with the next request while a hand moves, and by no message of their own", () => {
    const { model, answer, ask, lastRequest, acknowledged } = setUp();
    for (let position = 1; position <= 20; position++) {
      ask(position);
      vi.advanceTimersByTime(FRAME);
      // Some answers take longer than others, and some come when the hand is at rest for a while.
      if (position % 3 > 0) answer(position, position, lastRequest());
      vi.advanceTimersByTime(position % 3 === 1 ? 40 : 5);
    }
    expect(model.of("acknowledge")).toEqual([]);
    expect(acknowledged().at(-1)).toBeGreaterThanOrEqual(17);
    expect(acknowledged()).toEqual([...acknowledged()].sort((a, b) => Number(a) - Number(b)));
  });

  it("are acknowledged alone where no request follows soon, for else nothing would be refined", () => {
    const { model, answer, ask, lastRequest } = setUp();
    ask(1);
    vi.advanceTimersByTime(FRAME);
    answer(1, 1, lastRequest());
    vi.advanceTimersByTime(FRAME);
    expect(model.of("acknowledge")).toEqual([]);
    vi.advanceTimersByTime(50);
    expect(model.of("acknowledge")).toEqual([{ type: "acknowledge", frame: 1 }]);
    vi.advanceTimersByTime(300);
    answer(2, 1, lastRequest());
    vi.advanceTimersByTime(FRAME);
    expect(model.of("acknowledge").at(-1)).toEqual({ type: "acknowledge", frame: 2 });
  });

  it("are acknowledged though the answer to the newest request never comes", () => {
    const { model, answer, ask, lastRequest } = setUp();
    ask(1);
    vi.advanceTimersByTime(FRAME);
    answer(1, 1, lastRequest());
    ask(2);
    vi.advanceTimersByTime(FRAME);
    answer(2, 1, Number(lastRequest()) - 1);
    vi.advanceTimersByTime(400);
    expect(model.of("acknowledge").at(-1)).toEqual({ type: "acknowledge", frame: 2 });
  });

  it("of an older generation are acknowledged, but not handed on", () => {
    const { model, received, answer } = setUp();
    answer(1, 5);
    answer(2, 4);
    answer(3, 5);
    answer(4, 6);
    vi.advanceTimersByTime(FRAME);
    expect(received.map(({ frame }) => frame)).toEqual([1, 3, 4]);
    expect(model.of("acknowledge").at(-1)).toEqual({ type: "acknowledge", frame: 4 });
  });

  it("are acknowledged although painting failed", () => {
    const { model, paint, answer } = setUp();
    paint.mockImplementationOnce(() => {
      throw new Error("no canvas");
    });
    answer(1);
    expect(() => vi.advanceTimersByTime(FRAME)).toThrow("no canvas");
    expect(model.of("acknowledge")).toHaveLength(1);
  });

  it("of a hidden page are acknowledged at once and painted when it shows", () => {
    const { model, paint, answer } = setUp();
    hide(true);
    const waiting: FrameRequestCallback[] = [];
    vi.spyOn(globalThis, "requestAnimationFrame").mockImplementation((callback) => waiting.push(callback));
    answer(1);
    answer(2);
    expect(model.of("acknowledge").map(({ frame }) => frame)).toEqual([1, 2]);
    vi.advanceTimersByTime(5000);
    expect(paint).not.toHaveBeenCalled();
    hide(false);
    for (const callback of waiting) callback(0);
    expect(paint).toHaveBeenCalledTimes(1);
    expect(model.of("acknowledge")).toHaveLength(2);
  });

  it("are acknowledged, and requests sent, where a page gets no animation frames though it is not hidden", () => {
    const { model, paint, answer, ask, acknowledged } = setUp();
    vi.spyOn(globalThis, "requestAnimationFrame").mockReturnValue(7);
    ask(1);
    answer(1);
    vi.advanceTimersByTime(250);
    answer(2);
    vi.advanceTimersByTime(250);
    expect(acknowledged()).toEqual([1, 2]);
    expect(model.of("request")).toHaveLength(1);
    expect(paint).not.toHaveBeenCalled();
  });

  it("are all that it takes: other messages pass by", () => {
    const { model, received } = setUp();
    for (const content of [null, "text", {}, { type: "anywidget-command", id: 3 }]) model.deliver(content);
    vi.advanceTimersByTime(FRAME);
    expect(received).toEqual([]);
    expect(model.sent).toEqual([]);
  });
});

describe("the kernel's state", () => {
  it("is busy after a second without an answer, silent after ten, live with any message", () => {
    const { connection, states, answer } = setUp();
    connection.hello();
    vi.advanceTimersByTime(999);
    expect(states).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(states).toEqual(["busy"]);
    vi.advanceTimersByTime(9000);
    expect(states).toEqual(["busy", "silent"]);
    answer(1);
    expect(states).toEqual(["busy", "silent", "live"]);
    vi.advanceTimersByTime(20_000);
    expect(states).toHaveLength(3);
  });

  it("counts from the first question without an answer, however many follow", () => {
    const { states, ask } = setUp();
    for (let i = 0; i < 30; i++) {
      ask(i);
      vi.advanceTimersByTime(50);
    }
    expect(states).toEqual(["busy"]);
  });

  it.each(["comm:close", "destroy", "comm_live_update"])("is gone on %s, and stays so until it answers", (event) => {
    const { model, states, ask, answer } = setUp();
    model.emit(event);
    ask(1);
    vi.advanceTimersByTime(20_000);
    expect(states).toEqual(["gone"]);
    answer(1);
    expect(states).toEqual(["gone", "live"]);
  });

  it("is gone when sending fails", () => {
    const { model, states, ask } = setUp();
    model.send = () => {
      throw new Error("Canceled");
    };
    ask(1);
    vi.advanceTimersByTime(FRAME);
    expect(states).toEqual(["gone"]);
  });
});

it("leaves nothing behind when closed", () => {
  const { model, connection, paint, ask, answer } = setUp();
  expect(model.listenerCount).toBeGreaterThan(0);
  answer(1);
  connection.hello();
  ask(1);
  connection.flush();
  ask(2);
  connection.close();
  expect(model.listenerCount).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
  const sent = model.sent.length;
  vi.advanceTimersByTime(20_000);
  expect(paint).not.toHaveBeenCalled();
  expect(model.sent).toHaveLength(sent);
});
