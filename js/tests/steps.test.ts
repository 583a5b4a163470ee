import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import explorer from "../src/explorer";
import { Steps } from "../src/shared/explanation/steps";
import { travel } from "../src/shared/history";
import { DISPLAY, FakeModel, FIRST, traits } from "./fake_model";

const step = (steps: number, opacity = 0.8) => ({ question: { steps }, display: { ...DISPLAY, opacity } });

describe("the settings there were", () => {
  it("are gone back to, and forth again, and forgotten once another is chosen", () => {
    const steps = new Steps(step(1));
    expect([steps.canUndo, steps.go("undo")]).toEqual([false, undefined]);
    expect(steps.note(step(2))).toBe(true);
    expect(steps.note(step(2, 0.5))).toBe(true);
    expect(steps.go("undo")).toEqual(step(2));
    expect(steps.note(step(2))).toBe(false);
    expect(steps.go("undo")).toEqual(step(1));
    expect(steps.note(step(1))).toBe(false);
    expect(steps.go("redo")).toEqual(step(2));
    expect(steps.note(step(2))).toBe(false);
    expect(steps.note(step(7))).toBe(true);
    expect(steps.canRedo).toBe(false);
    expect(steps.go("undo")).toEqual(step(2));
  });

  it("may be passed quickly: what the kernel tells on the way is no new one", () => {
    const steps = new Steps(step(1));
    for (const count of [2, 3, 4]) steps.note(step(count));
    for (const _ of "ab") steps.go("undo");
    expect([steps.note(step(3)), steps.note(step(2))]).toEqual([false, false]);
    expect(steps.go("redo")).toEqual(step(3));
    expect([steps.note(step(3)), steps.canRedo]).toEqual([false, true]);
  });

  it("do not hold the stage", () => {
    const steps = new Steps(step(1));
    expect(steps.note({ ...step(1), display: { ...DISPLAY, presenter: true } })).toBe(false);
    steps.note(step(2));
    expect(steps.go("undo")?.display.presenter).toBe(false);
  });
});

describe("keys", () => {
  const key = (init: KeyboardEventInit, target?: EventTarget) => {
    const event = new KeyboardEvent("keydown", init);
    if (target !== undefined) Object.defineProperty(event, "target", { value: target });
    return travel(event);
  };
  it("are those of every program, and fields have their own", () => {
    expect(key({ key: "z", ctrlKey: true })).toBe("undo");
    expect(key({ key: "Z", metaKey: true, shiftKey: true })).toBe("redo");
    expect(key({ key: "y", ctrlKey: true })).toBe("redo");
    expect([key({ key: "z" }), key({ key: "z", ctrlKey: true, altKey: true })]).toEqual([undefined, undefined]);
    const field = Object.assign(document.createElement("input"), { type: "search" });
    expect(key({ key: "z", ctrlKey: true }, field)).toBeUndefined();
    expect(key({ key: "z", ctrlKey: true }, document.createElement("textarea"))).toBeUndefined();
    const slider = Object.assign(document.createElement("input"), { type: "range" });
    expect(key({ key: "z", ctrlKey: true }, slider)).toBe("undo");
  });
});

describe("in the widget", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
    document.body.replaceChildren();
  });

  async function setUp() {
    const model = new FakeModel(traits());
    const widget = await (
      explorer as () => { render(context: object): () => void; initialize(context: object): void }
    )();
    const el = document.createElement("div");
    document.body.append(el);
    widget.initialize({ model: model.model });
    widget.render({ model: model.model, el });
    const button = (name: string) =>
      [...el.querySelectorAll("button")].find(
        (one) => (one.getAttribute("aria-label") ?? one.textContent) === name,
      ) as HTMLButtonElement;
    const settled = () => model.of("settle").at(-1)?.changes as Record<string, unknown>;
    return { model, el, button, settled };
  }

  it("buttons and keys take the last change back and make it again", async () => {
    const { model, el, button, settled } = await setUp();
    const undo = button("Undo the last setting");
    expect(undo.getAttribute("aria-disabled")).toBe("true");
    undo.click();
    expect(model.of("settle")).toHaveLength(0);
    await model.follow({ target: 1, contrast: 2 });
    await model.follow({ display: { ...DISPLAY, opacity: 0.25 } });
    expect(undo.getAttribute("aria-disabled")).toBe("false");
    undo.click();
    expect(settled()).toEqual({ ...FIRST, target: 1, contrast: 2 });
    await model.follow({ display: DISPLAY });
    const event = new KeyboardEvent("keydown", { key: "z", ctrlKey: true, bubbles: true, cancelable: true });
    (el.querySelector("input[type=range]") as HTMLElement).dispatchEvent(event);
    expect(event.defaultPrevented).toBe(true);
    expect(settled()).toEqual(FIRST);
    await model.follow({ target: null, contrast: null });
    expect(undo.getAttribute("aria-disabled")).toBe("true");
    button("Redo the last setting").click();
    expect(settled()).toEqual({ ...FIRST, target: 1, contrast: 2 });
  });

  it("what is on the screen is saved as a file, in the size that was chosen", async () => {
    const { model, el, button } = await setUp();
    const links: { name: string; size: number }[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
      links.push({ name: this.download, size: saved.at(-1)?.size ?? -1 });
    });
    const saved: Blob[] = [];
    vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => `blob:${saved.push(blob as Blob)}`);
    const four = el.querySelector(".xai-segments input[value='4']") as HTMLInputElement;
    four.checked = true;
    four.dispatchEvent(new Event("change", { bubbles: true }));
    button("Picture").click();
    button("Values (CSV)").click();
    expect(model.of("save").map(({ kind, scale }) => [kind, scale])).toEqual([
      ["png", 4],
      ["csv", 4],
    ]);
    const [first, second] = model.of("save").map(({ asked }) => asked);
    const told = { type: "saved", frame: 1, generation: 1, request: null };
    model.deliver({ ...told, asked: second, name: "explore.csv", media: "text/csv" }, [
      new DataView(new ArrayBuffer(5)),
    ]);
    await vi.advanceTimersByTimeAsync(20);
    model.deliver({ ...told, frame: 2, asked: first, name: "explore.png", media: "image/png" }, [
      new DataView(new ArrayBuffer(9)),
    ]);
    await vi.advanceTimersByTimeAsync(20);
    expect(links).toEqual([
      { name: "explore.csv", size: 5 },
      { name: "explore.png", size: 9 },
    ]);
    expect(saved.map(({ type }) => type)).toEqual(["text/csv", "image/png"]);
    expect(el.querySelector("section[aria-label=Save] [role=status]")?.textContent).toBe("saved");
  });

  it("keys turn to the next picture, hold the original, open the methods, the stage and the list of keys", async () => {
    const { model, el, button } = await setUp();
    const root = el.querySelector(".xai") as HTMLElement;
    const press = (key: string, target: Element = root, type = "keydown", ctrlKey = false) => {
      const event = new KeyboardEvent(type, { key, ctrlKey, bubbles: true, cancelable: true });
      target.dispatchEvent(event);
      return event.defaultPrevented;
    };
    const slider = el.querySelector("input[type=range]") as HTMLElement;
    const pane = el.querySelector(".xai-panes") as HTMLElement;
    press("ArrowRight", pane); // It walks through the values there.
    expect([press("ArrowRight", slider), press("ArrowLeft")]).toEqual([false, false]);
    expect(model.get("index")).toBe(0);
    expect([press("ArrowRight", button("Present")), model.get("index")]).toEqual([true, 1]);
    expect(press("ArrowRight")).toBe(false);
    expect([press("ArrowLeft"), model.get("index")]).toEqual([true, 0]);

    expect([press(" ", button("Present")), press(" ")]).toEqual([false, true]);
    const originals = () => [...el.querySelectorAll<HTMLImageElement>(".xai-original")].map(({ src }) => src);
    expect(new Set(originals())).toEqual(new Set(["data:image/png;base64,"]));
    press(" ", root, "keyup");
    expect(originals()).toEqual([]);

    expect([
      press("m", slider),
      el.querySelector(".xai-pop[aria-label='Method: menu']:not([hidden])") !== null,
    ]).toEqual([true, true]);
    const search = el.querySelector("input[type=search]") as HTMLElement;
    const menu = el.querySelector("button[aria-label='Method']") as HTMLElement;
    expect([press("f", search), press("f", menu), press("f", root, "keydown", true)]).toEqual([false, false, false]);
    expect((model.get("display") as typeof DISPLAY).presenter).toBe(false);
    expect([press("F"), (model.get("display") as typeof DISPLAY).presenter]).toEqual([true, true]);

    const panel = el.querySelector(".xai-panel") as HTMLElement;
    expect(panel.hidden).toBe(true);
    press("?");
    const list = el.querySelector(".xai-keys") as HTMLDetailsElement;
    expect([panel.hidden, list.open, list.contains(document.activeElement)]).toEqual([false, true, true]);
    expect(list.querySelectorAll("dt")).toHaveLength(11);
  });

  it("one reset brings back all but the picture and the stage", async () => {
    const { model, button, settled } = await setUp();
    await model.follow({ index: 1, target: 2, display: { ...DISPLAY, clip: 95, presenter: true } });
    button("Reset all").click();
    expect(settled()).toEqual({ ...FIRST, index: 1, display: { ...DISPLAY, presenter: true } });
  });

  it("a double click on a control, or Delete on a slider, brings back its first value", async () => {
    const { model, el } = await setUp();
    await model.follow({ options: { steps: 7, start: "white", seed: 0 } });
    const slider = el.querySelector(".xai-pin input[type=range]") as HTMLInputElement;
    slider.dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
    expect(model.get("options")).toEqual({ steps: 64, start: "white", seed: 0 });
    const choice = el.querySelector(".xai-segments input[value=white]") as HTMLInputElement;
    choice.dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
    expect(model.get("options")).toEqual({ steps: 64, start: "white", seed: 0 });
    (choice.closest(".xai-control") as Element).children[0]?.dispatchEvent(
      new MouseEvent("dblclick", { bubbles: true }),
    );
    expect(model.get("options")).toEqual({ steps: 64, start: "black", seed: 0 });
    await model.follow({ display: { ...DISPLAY, opacity: 0.1 } });
    const overlay = [...el.querySelectorAll("label")].find(({ textContent }) => textContent === "Overlay") as Element;
    const input = overlay.parentElement?.querySelector("input") as HTMLInputElement;
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "Delete", bubbles: true }));
    expect((model.get("display") as typeof DISPLAY).opacity).toBe(0.8);
  });
});
