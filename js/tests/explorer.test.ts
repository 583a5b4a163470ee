import type { AnyModel, AnyWidget } from "@anywidget/types";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import explorer from "../src/explorer";
import { ExplorerStore } from "../src/explorer/store";
import { order } from "../src/shared/explanation/table";
import type { Traits } from "../src/shared/protocol";
import { fakeCanvases, type Painted, press } from "./fake_canvas";
import { CATALOGUE, DISPLAY, FakeModel, FIRST, frame, header, traits } from "./fake_model";

type Cleanup = () => void;

const LAYERS = ["conv1", "conv2", ...Array.from({ length: 60 }, (_, i) => `layer ${i}`)];
const QUANTITIES = [
  { name: "score", label: "logit", sentence: "The logit.", compares: true, of_layer: false },
  { name: "probability", label: "probability", sentence: "The probability.", compares: false, of_layer: false },
  { name: "channel", label: "channel", sentence: "A channel.", compares: true, of_layer: true },
];
const OPTION = { sentence: "One choice." };

/** What canvases were given to show. */
let painted: Painted[] = [];

async function open(model: FakeModel) {
  const widget = await (explorer as Extract<AnyWidget<Traits>, () => unknown>)();
  const common = (): { model: AnyModel<Traits>; signal: AbortSignal } => ({
    model: model.model,
    signal: new AbortController().signal,
  });
  const close = (await widget.initialize?.(common() as never)) as Cleanup;
  const render = async () => {
    const el = document.createElement("div");
    document.body.append(el);
    const cleanup = (await widget.render?.({ ...common(), el } as never)) as Cleanup;
    return { el, cleanup };
  };
  return { close, render };
}

async function setUp(change: Record<string, unknown> = {}) {
  const model = new FakeModel({ ...traits(), ...change });
  const widget = await open(model);
  const view = await widget.render();
  return { model, ...widget, ...view };
}

/** Lets decoding, microtasks and one animation frame happen. */
async function paint(): Promise<void> {
  await vi.advanceTimersByTimeAsync(20);
  await vi.advanceTimersByTimeAsync(20);
}

const find = <E extends Element = HTMLElement>(el: Element, selector: string): E => {
  const found = el.querySelector<E>(selector);
  if (found === null) throw new Error(`no ${selector}`);
  return found;
};
const hidden = (el: Element): boolean => el.closest("[hidden]") !== null;
const choose = (el: Element, label: string, value: string): void => {
  const select = find<HTMLSelectElement>(el, `select[aria-label='${label}']`);
  select.value = value;
  select.dispatchEvent(new Event("change"));
};
const pick = (el: Element, label: string, value: string): void => {
  find(el, `button[aria-label='${label}']`).click();
  find(el, `.xai-pop[aria-label='${label}: menu'] [data-value='${value}']`).click();
};
const text = (el: Element, selector: string): string => find(el, selector).textContent?.trim() ?? "";

beforeEach(() => {
  vi.useFakeTimers();
  painted = fakeCanvases();
});
afterEach(() => {
  document.body.replaceChildren();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the sentence", () => {
  it("names the method, the class, the contrast and the layer", async () => {
    const { model, el } = await setUp();
    model.deliver(...frame({ view: 0 }));
    model.deliver(...frame({ view: 1, frame: 2 }));
    await paint();
    const selects = [...find(el, ".xai-sentence").querySelectorAll("select")].filter((select) => !hidden(select));
    expect(text(el, "[aria-label='Method']")).toBe("Path");
    expect(selects.map((select) => select.getAttribute("aria-label"))).toEqual([
      "Class explained",
      "Rather than which class",
      "Layer",
    ]);
    expect(selects.map((select) => select.selectedOptions[0]?.textContent)).toEqual([
      "cat (top)",
      "nothing else",
      "input",
    ]);
  });

  it("speaks of the top class where models disagree", async () => {
    const { model, el } = await setUp();
    model.deliver(...frame({ view: 0 }));
    const other = header({ explained: 1, predictions: [{ index: 1, name: "dog", probability: 0.6 }] });
    model.deliver(...frame({ view: 1, frame: 2, header: other }));
    await paint();
    expect(find<HTMLSelectElement>(el, "[aria-label='Class explained']").options[0]?.textContent).toBe("the top class");
  });

  it("has a layer only where the method takes one and there are any", async () => {
    const part = (el: Element): HTMLElement => find(el, "[aria-label='Layer']").closest(".xai-part") as HTMLElement;
    expect(part((await setUp()).el).hidden).toBe(false);
    expect(part((await setUp({ method: "cover", options: { window: 8, stride: 4 } })).el).hidden).toBe(true);
    expect(part((await setUp({ catalogue: { ...(traits().catalogue as object), layers: [] } })).el).hidden).toBe(true);
  });
});

describe("the menu of methods", () => {
  it("is in families, and says why a method is not for the model once that is known", async () => {
    const catalogue = {
      ...CATALOGUE,
      families: [
        { name: "covering", label: "Covering", sentence: "Change the input." },
        { name: "paths", label: "Paths", sentence: "Walk." },
      ],
      methods: CATALOGUE.methods.map((method) => ({
        ...method,
        family: method.name === "path" ? "paths" : "covering",
        reference: "Leibniz 1684",
      })),
    };
    const { model, el } = await setUp({ catalogue });
    find(el, "button[aria-label='Method']").click();
    const list = find(el, ".xai-pop [role=listbox]");
    expect([...list.querySelectorAll(".xai-family b")].map(({ textContent }) => textContent)).toEqual([
      "Covering",
      "Paths",
    ]);
    expect(list.textContent).toContain("Leibniz 1684");
    expect(list.querySelector("[aria-disabled]")).toBeNull();
    model.deliver({
      type: "offer",
      frame: 1,
      generation: 1,
      request: null,
      refusals: { cover: "Too small." },
      layers: {},
      options: {},
    });
    await paint();
    expect(text(el, ".xai-pop [aria-disabled=true]")).toContain("Too small.");
    expect(model.of("acknowledge")).toEqual([{ type: "acknowledge", frame: 1 }]);
    find(el, ".xai-pop [data-value=cover]").click();
    expect(model.traits.method).toBe("path");
  });
});

describe("facts", () => {
  const fact = (label: string, value: string) => ({ label, value, sentence: `What ${label} is.` });
  const shown = (el: Element): (string | null)[] =>
    [...el.querySelectorAll<HTMLElement>(".xai-more-facts .xai-fact")]
      .filter((element) => !element.hidden)
      .map(({ textContent }) => textContent);

  it("are said as the kernel tells them, of several models together", async () => {
    const { model, el } = await setUp();
    expect(shown(el)).toEqual([]);
    const path = fact("computed", "what windows reach");
    model.deliver(...frame({ view: 0, final: true, facts: [fact("error", "± 0.1 (3 %)"), path] }));
    model.deliver(...frame({ view: 1, frame: 2, final: true, facts: [fact("error", "± 0.2 (4 %)"), path] }));
    await paint();
    expect(shown(el)).toEqual(["error ± 0.1 (3 %) / ± 0.2 (4 %)", "computed what windows reach"]);
    expect(find(el, ".xai-more-facts .xai-fact").title).toBe("What error is.");
    expect(text(el, ".xai-readout .xai-spoken")).toContain("error ± 0.1 (3 %)");
    model.deliver(...frame({ view: 0, frame: 3, generation: 2 }));
    await paint();
    expect(shown(el)).toEqual([]);
  });
});

describe("a grid", () => {
  const cell = (method: string, steps?: number) => ({
    method,
    options: method === "path" ? { steps: steps ?? 64, start: "black", seed: 0 } : { window: 8, stride: 4 },
    layer: null,
  });
  const GRID = [cell("path", 8), cell("cover"), cell("path", 16)];
  const one = { ...CATALOGUE, models: [""] };
  const state = (place: number) => ({ ...header().state, ...GRID[place] }) as never;
  const show = (model: FakeModel, change: Record<number, object> = {}): void => {
    GRID.forEach((_, view) => {
      const own = header({
        state: state(view),
        title: `title ${view}`,
        ends: view === 1 ? ["", "for"] : ["less", "more"],
      });
      const cells = { view, views: 3, frame: view + 1, evaluations: view + 1, planned: 10, header: own };
      model.deliver(...frame({ ...cells, ...change[view] } as never));
    });
  };
  const open = async () => {
    const found = await setUp({ catalogue: one, grid: GRID, focus: 0, ...GRID[0] });
    show(found.model);
    await paint();
    return found;
  };
  const tiles = (el: Element): HTMLElement[] => [...el.querySelectorAll<HTMLElement>(".xai-tile")];

  it("has a tile for each method, with its name, its own scale and how far it is", async () => {
    const { el } = await open();
    expect(tiles(el).map((tile) => text(tile, ".xai-tile-name"))).toEqual(["title 0", "title 1", "title 2"]);
    expect(tiles(el).map((tile) => text(tile, ".xai-tile-words"))).toEqual(Array(3).fill("still improving"));
    expect(tiles(el).map((tile) => text(tile, ".xai-ends"))).toEqual(["less −40more 4", "0for 4", "less −40more 4"]);
    expect(tiles(el).map((tile) => tile.classList.contains("xai-focused"))).toEqual([true, false, false]);
    expect(text(el, ".xai-grid-foot")).toContain("a colour scale of its own");
    expect(painted).toHaveLength(3);
    expect(el.querySelector(".xai-pictures")).toBeNull();
    expect(text(el, ".xai-readout .xai-fact")).toBe("6 of 30 passes");
  });

  it("tells the values of all maps at the pixel that keys point at", async () => {
    const { el } = await open();
    const reads = () => tiles(el).map((tile) => text(tile, ".xai-read"));
    const [first] = tiles(el).map((tile) => find(tile, ".xai-pane"));
    press(first ?? null, "ArrowUp");
    expect(reads()).toEqual(Array(3).fill("row 0, column 1: −2"));
    expect(text(el, ".xai-tile [role=status]")).toBe("row 0, column 1: −2");
    expect(tiles(el).every((tile) => !find(tile, ".xai-gradient i").hidden)).toBe(true);
    press(first ?? null, "Escape");
    expect(tiles(el).every((tile) => find(tile, ".xai-read").hidden)).toBe(true);
  });

  it("brings the sliders of the tile that is clicked, and moves that one alone", async () => {
    const { model, el } = await open();
    find(tiles(el)[2] as HTMLElement, ".xai-tile-name").click();
    expect(model.of("settle").at(-1)?.changes).toEqual({ focus: 2 });
    await model.follow({ focus: 2, ...GRID[2] });
    const slider = find<HTMLInputElement>(el, ".xai-pin input[type=range]");
    expect(slider.value).toBe("4");
    slider.value = "5";
    slider.dispatchEvent(new Event("input"));
    slider.dispatchEvent(new Event("change"));
    await paint();
    const options = { steps: 32, start: "black", seed: 0 };
    expect(model.of("request").at(-1)?.state).toEqual({ method: "path", options });
    expect(model.traits.options).toEqual(options);
    pick(el, "Method", "cover");
    expect(model.of("settle").at(-1)?.changes).toEqual({ method: "cover" });
  });

  it("is compared with the setting before, tile by tile", async () => {
    const { model, el } = await open();
    const done = { final: true, evaluations: 10 };
    show(model, { 0: done, 1: done, 2: done });
    await paint();
    show(model, {
      0: { ...done, generation: 2, frame: 11 },
      1: { ...done, generation: 2, frame: 12 },
      2: {
        ...done,
        generation: 2,
        frame: 13,
        header: header({ state: { ...(state(2) as object), index: 1 } as never }),
      },
    });
    await paint();
    choose(el, "Curtain", "before");
    expect(tiles(el).map((tile) => tile.querySelectorAll(".xai-behind").length)).toEqual([0, 0, 1]);
  });

  it("opens a method alone, keeps its picture until the new one is there, and comes back", async () => {
    const { model, el } = await open();
    find(tiles(el)[1] as HTMLElement, "[aria-label='title 1 alone']").click();
    expect(model.of("settle").at(-1)?.changes).toEqual({ ...GRID[1], grid: [] });
    await model.follow({ ...GRID[1], grid: [], focus: 0 });
    expect(tiles(el)).toHaveLength(3);
    const before = painted.length;
    model.deliver(...frame({ view: 0, views: 1, frame: 9, generation: 2, header: header({ state: state(1) }) }));
    await paint();
    expect(tiles(el)).toHaveLength(0);
    expect(el.querySelectorAll(".xai-picture")).toHaveLength(1);
    expect(painted.length).toBeGreaterThan(before);
    model.deliver(...frame({ view: 2, views: 3, frame: 10, generation: 1 }));
    await paint();
    expect(tiles(el)).toHaveLength(0);
    const button = [...el.querySelectorAll("button")].find(({ textContent }) => textContent === "Grid");
    expect(button?.getAttribute("aria-pressed")).toBe("false");
    button?.click();
    expect(model.of("settle").at(-1)?.changes).toEqual({ grid: "several" });
  });

  it("asks the kernel for methods where there was none before", async () => {
    const { model, el } = await setUp({ catalogue: one });
    [...el.querySelectorAll("button")].find(({ textContent }) => textContent === "Grid")?.click();
    expect(model.of("settle").map(({ changes }) => changes)).toEqual([{ grid: "several" }]);
    expect(model.traits.grid).toEqual([]);
  });

  it("takes methods away and adds them", async () => {
    const { model, el } = await open();
    find(tiles(el)[0] as HTMLElement, "[aria-label='Take title 0 away']").click();
    expect(model.of("settle").at(-1)?.changes).toEqual({ grid: GRID.slice(1), focus: 0 });
    await model.follow({ grid: GRID.slice(1), focus: 0, ...GRID[1] });
    pick(el, "Add a method", "path");
    const grid = [...GRID.slice(1), { method: "path" }];
    expect(model.of("settle").at(-1)?.changes).toEqual({ grid, focus: 2 });
  });

  it("says in the tile what is wrong with one method, and nowhere else", async () => {
    const { model, el } = await open();
    model.deliver({ type: "error", frame: 7, generation: 1, request: null, view: 1, views: 3, message: "<b>No</b>" });
    await paint();
    expect(text(tiles(el)[1] as HTMLElement, "[role=alert]")).toBe("<b>No</b>");
    expect(hidden(find(tiles(el)[0] as HTMLElement, "[role=alert]"))).toBe(true);
    expect(find(el, ".xai-error").hidden).toBe(true);
  });

  it("leaves no listener behind", async () => {
    const { model, cleanup, close } = await open();
    cleanup();
    close();
    expect(model.listenerCount).toBe(0);
  });
});

describe("a method that needs a layer", () => {
  const MAPS = {
    ...CATALOGUE.methods[1],
    name: "maps",
    label: "Maps",
    takes_layer: true,
    needs_layer: true,
    options: [],
  };
  const catalogue = { ...CATALOGUE, models: [""], methods: [...CATALOGUE.methods, MAPS] };
  const layers = (el: Element) => find<HTMLSelectElement>(el, "select[aria-label='Layer']");
  const items = (el: Element): string[] => [...layers(el).options].map(({ text: words }) => words);

  it("says which one it chose, offers those that make sense, and shows the layer of the method", async () => {
    const { model, el } = await setUp({ catalogue, layer: "conv1" });
    pick(el, "Method", "maps");
    expect(model.of("settle").at(-1)?.changes).toEqual({ method: "maps" });
    await model.follow({ method: "maps", options: {}, layer: null });
    const state = { ...header().state, method: "maps", options: {} };
    model.deliver(...frame({ generation: 2, layer: "conv2", header: header({ state }) }));
    await paint();
    expect(items(el)).toEqual(["conv2 (default)", "conv1", "conv2"]);
    const offer = { type: "offer", frame: 2, generation: 2, request: null, refusals: {}, options: {} };
    model.deliver({ ...offer, layers: { maps: ["conv2"] } });
    await paint();
    expect(items(el)).toEqual(["conv2 (default)", "conv2"]);
    choose(el, "Layer", "conv2");
    expect(model.traits.layer).toBe("conv2");
    await model.follow({ method: "path", options: { steps: 64, start: "black", seed: 0 }, layer: "conv1" });
    expect(items(el)[0]).toBe("input");
    expect(layers(el).value).toBe("conv1");
  });
});

describe("a table", () => {
  const pictures = [{ label: "row 1", width: 2, height: 2, src: "data:image/png;base64,", values: [30, -2.5, 0.125] }];
  const drawing = CATALOGUE.drawing.filter(({ name }) => ["sign", "colormap"].includes(name));
  const catalogue = { ...CATALOGUE, models: [""], columns: ["age", "<b>rooms</b>", "place"], pictures, drawing };
  const shown = (el: Element): (string | undefined)[][] =>
    [...el.querySelectorAll(".xai-columns li")].map((line) =>
      [...line.children].map(({ textContent }) => textContent ?? ""),
    );
  const open = async (change: object = {}) => {
    const found = await setUp({ catalogue });
    const own = header({ ends: ["lowers", "raises"] });
    found.model.deliver(...frame({ shape: [3], header: own, ...change }, [0.5, -2, 1e-9]));
    await paint();
    return found;
  };

  it("has a row for each column: its name, its own value, a bar, and what it counts for", async () => {
    const { el } = await open();
    expect(find(el, ".xai-panes").hidden).toBe(true);
    expect(shown(el)).toEqual([
      ["age", "30", "", "0.5"],
      ["<b>rooms</b>", "−2.5", "", "−2"],
      ["place", "0.125", "", "0"],
    ]);
    const fills = [...el.querySelectorAll<HTMLElement>(".xai-column-bar span")];
    expect(fills.map(({ style }) => [style.left, style.width])).toEqual([
      ["50.0%", "12.5%"],
      ["0.0%", "50.0%"],
      ["50.0%", "0.0%"],
    ]);
    expect(find(el, ".xai-columns li:nth-child(2)").title).toBe("<b>rooms</b> = −2.5: lowers −2");
    expect(el.querySelector(".xai-columns b")).toBeNull();
    expect(find(el, "[aria-label='Settings of the drawing'] .xai-controls").childElementCount).toBe(drawing.length);
    expect([...el.querySelectorAll("h3")].map(({ textContent }) => textContent)).toContain("Bars");
  });

  it("may stand by size", async () => {
    const { el } = await open();
    find(el, ".xai-table button").click();
    expect(shown(el).map(([name]) => name)).toEqual(["<b>rooms</b>", "age", "place"]);
    expect(find(el, ".xai-table button").getAttribute("aria-pressed")).toBe("true");
  });

  it("is none for the units of a layer", async () => {
    const { el } = await open({ layer: "conv1" });
    expect(find(el, ".xai-panes").hidden).toBe(false);
    expect(find(el, ".xai-table").hidden).toBe(true);
  });

  it("of many columns shows those that count", () => {
    expect(order([1, -5, 0, 3], false, 2)).toEqual([1, 3]);
    expect(order([1, -5, 0, 3], true, 3)).toEqual([1, 3, 0]);
  });
});

describe("a segmentation", () => {
  it("has the outline of the segment over the picture, and is asked why the segment", async () => {
    const catalogue = { ...CATALOGUE, models: [""], segmentation: true, quantities: QUANTITIES };
    const { model, el } = await setUp({ catalogue });
    const own = header({ explained: 2, outline: { width: 2, height: 2, runs: [3, 1] } });
    model.deliver(...frame({ header: own }));
    await paint();
    const paths = [...el.querySelectorAll(".xai-outline path")].map((path) => path.getAttribute("d"));
    expect(new Set(paths)).toEqual(new Set(["M1 1h1M1 1v1"]));
    expect(find<HTMLSelectElement>(el, "[aria-label='Class explained']").options[0]?.textContent).toBe(
      "bird (largest)",
    );
    expect(text(el, ".xai-sentence")).toContain("why the segment");
    expect(find(el, ".xai-explained .xai-bar-name").textContent).toBe("bird");
    model.deliver(...frame({ frame: 2, generation: 2, header: header({ outline: null }) }));
    await paint();
    expect(el.querySelectorAll(".xai-outline path")).toHaveLength(0);
  });
});

describe("what is explained", () => {
  const open = (change: Record<string, unknown> = {}) =>
    setUp({ catalogue: { ...CATALOGUE, layers: LAYERS, quantities: QUANTITIES }, ...change });
  const menus = (el: Element): (string | null)[] =>
    [...find(el, ".xai-sentence").querySelectorAll("select")]
      .filter((select) => !hidden(select))
      .map((select) => select.getAttribute("aria-label"));
  const visible = (el: Element): string =>
    [...find(el, ".xai-sentence").children]
      .filter((part) => !hidden(part))
      .map((part) => part.querySelector(":scope > span")?.textContent ?? "")
      .join("|");

  it("is not asked where there is one kind alone", async () => {
    const { el } = await setUp();
    expect(el.querySelector("[aria-label='Quantity']")).toBeNull();
  });

  it("may be a probability, which is not compared", async () => {
    const { model, el } = await open({ contrast: 1 });
    choose(el, "Quantity", "probability");
    expect(model.of("settle").at(-1)?.changes).toEqual({ quantity: "probability" });
    await model.follow({ quantity: "probability", contrast: null });
    expect(visible(el)).toBe("|why the probability of|at");
    await model.follow({ quantity: "score" });
    expect(visible(el)).toBe("|why|rather than|at");
  });

  it("may be a channel of a layer, by default the most influential one", async () => {
    const { model, el } = await open();
    choose(el, "Quantity", "channel");
    await model.follow({ quantity: "channel", channel_layer: "conv2" });
    expect(menus(el)).toEqual(["Channel explained", "Layer of the channel", "Layer"]);
    const state = { ...header().state, quantity: "channel", channel_layer: "conv2" };
    const of = { index: 12, count: 50 };
    model.deliver(...frame({ header: header({ state, channel: of }) }));
    model.deliver(...frame({ view: 1, frame: 2, header: header({ state, channel: of }) }));
    await paint();
    const channels = find<HTMLSelectElement>(el, "[aria-label='Channel explained']");
    expect(channels.selectedOptions[0]?.textContent).toBe("12, the most influential on cat (top)");
    expect(channels.querySelectorAll("optgroup option")).toHaveLength(50);
    choose(el, "Channel explained", "3");
    expect(model.traits).toMatchObject({ channel: 3, channel_layer: "conv2" });
    choose(el, "Layer of the channel", "layer 7");
    expect(model.of("settle").at(-1)?.changes).toEqual({ channel_layer: "layer 7" });
  });

  it("finds one of many layers by a part of its name", async () => {
    const { model, el } = await open();
    choose(el, "Layer", "search …");
    const search = find<HTMLInputElement>(el, "[aria-label='Layer: search']");
    search.value = "AYER 33";
    search.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
    expect(model.traits.layer).toBe("layer 33");
    choose(el, "Layer", "");
    expect(model.traits.layer).toBeNull();
  });
});

describe("controls", () => {
  it("are those alone that count with what is chosen, and say what that amounts to", async () => {
    const open = {
      name: "open",
      label: "Open",
      sentence: "All is open.",
      takes_layer: true,
      options: [
        { ...OPTION, name: "place", kind: "choice", default: "point", label: "Place", choices: ["point", "line"] },
        { ...OPTION, name: "steps", kind: "integer", default: 4, label: "Steps", when: ["place", ["line"]] as const },
        { ...OPTION, name: "factor", kind: "choice", default: "one", label: "Factor", choices: ["one"], aside: true },
      ],
    };
    const { model, el } = await setUp({
      catalogue: { ...CATALOGUE, methods: [open] },
      method: "open",
      options: { place: "point", steps: 4, factor: "one" },
    });
    const shown = (): (string | null)[] =>
      [...find(el, ".xai-panel section").querySelectorAll(".xai-control")]
        .filter((control) => !(control as HTMLElement).hidden)
        .map(({ firstChild }) => firstChild?.textContent ?? null);
    expect(shown()).toEqual(["Place", "Factor"]);
    expect(find(el, ".xai-more .xai-control").textContent).toContain("Factor");
    find<HTMLInputElement>(el, "input[value=line]").click();
    expect(shown()).toEqual(["Place", "Steps", "Factor"]);
    expect(hidden(find(el, ".xai-remark"))).toBe(true);
    model.deliver(...frame({ header: header({ remark: "This is saliency.", ends: ["lowers", "raises"] }) }));
    await paint();
    expect(text(el, ".xai-remark")).toBe("This is saliency.");
    expect(text(el, ".xai-legend")).toContain("lowers");
  });

  /** The slider that stays in view, and the others. */
  const labels = (el: Element): (string | null)[] =>
    [find(el, ".xai-pin"), find(el, ".xai-panel section")]
      .flatMap((part) => [...part.querySelectorAll(".xai-control")])
      .map(({ firstChild }) => firstChild?.textContent ?? null);

  it("are those of the method in view, without the options that are not shown", async () => {
    const { model, el } = await setUp();
    expect(labels(el)).toEqual(["Steps", "Start"]);
    await model.follow({ method: "cover", options: { window: 8, stride: 4 } });
    expect(labels(el)).toEqual(["Window", "Stride"]);
    expect(find(el, ".xai-pin").textContent).toContain("Window");
  });

  it("leave the line below the stage to the idea of a method without a slider", async () => {
    const [first] = CATALOGUE.methods;
    const bare = {
      ...(first as (typeof CATALOGUE.methods)[number]),
      name: "bare",
      sentence: "A gradient.",
      options: [],
    };
    const { el } = await setUp({ catalogue: { ...CATALOGUE, methods: [bare] }, method: "bare", options: {} });
    expect(text(el, ".xai-pin")).toBe("A gradient.");
  });

  it("leave their room to the pictures until they are asked for", async () => {
    const { el } = await setUp();
    const panel = find(el, ".xai-panel");
    const settings = [...el.querySelectorAll("button")].find(({ textContent }) => textContent === "Settings");
    expect(panel.hidden).toBe(true);
    expect(settings?.getAttribute("aria-controls")).toBe(panel.id);
    settings?.click();
    expect([panel.hidden, settings?.getAttribute("aria-expanded")]).toEqual([false, "true"]);
  });

  it("go as far as the network does, once the kernel knows how far that is", async () => {
    const cover = CATALOGUE.methods.find(({ name }) => name === "cover");
    const { model, el } = await setUp({ method: "cover", options: { window: 8, stride: 4 } });
    const ends = (): string[] => [...el.querySelectorAll<HTMLInputElement>("input[type=range]")].map(({ max }) => max);
    const before = ends();
    const options = { cover: cover?.options.map((option) => ({ ...option, slider: [1, 12], scale: "linear" })) };
    model.deliver({ type: "offer", frame: 1, generation: 1, request: null, refusals: {}, layers: {}, options });
    await paint();
    expect(ends().slice(0, 2)).not.toEqual(before.slice(0, 2));
    expect(ends().slice(0, 2)).toEqual(["12", "12"]);
    expect(labels(el)).toEqual(["Window", "Stride"]);
  });

  it("follow Python", async () => {
    const { model, el } = await setUp();
    model.sent.length = 0;
    model.arrive({ options: { steps: 8, start: "white", seed: 0 } });
    await paint();
    expect(find<HTMLInputElement>(el, "input[type=range]").value).toBe("3");
    expect(find<HTMLInputElement>(el, "input[value=white]").checked).toBe(true);
    expect(model.sent).toEqual([]);
  });

  it("choose the picture as a group of radio buttons", async () => {
    const { model, el } = await setUp();
    const group = find(el, ".xai-strip");
    expect(group.getAttribute("role")).toBe("radiogroup");
    group.querySelectorAll("input")[1]?.click();
    expect(model.of("request").at(-1)?.state).toMatchObject({ index: 1 });
    expect(model.traits.index).toBe(1);
  });
});

describe("pictures", () => {
  it("are painted by both views, with one request stream and one acknowledgement", async () => {
    const { model, render } = await setUp();
    await render();
    expect(model.of("hello")).toHaveLength(1);
    model.deliver(...frame({ view: 0 }));
    await paint();
    expect(painted).toHaveLength(2);
    expect(model.of("acknowledge")).toEqual([{ type: "acknowledge", frame: 1 }]);
  });

  it("are painted once for each frame, and again when the look changes", async () => {
    const { model, el } = await setUp();
    model.deliver(...frame({ view: 0 }));
    await paint();
    const count = painted.length;
    await paint();
    expect(painted).toHaveLength(count);
    model.sent.length = 0;
    find<HTMLInputElement>(el, "input[value=absolute]").click();
    expect(painted).toHaveLength(count + 1);
    expect(painted.at(-1)?.data).not.toEqual(painted[0]?.data);
    expect(model.sent).toEqual([]);
  });

  it("stay while the next is computed, also when it fails", async () => {
    const { model, el } = await setUp();
    model.deliver(...frame({ view: 0 }));
    await paint();
    const count = painted.length;
    const message = "<img src=x onerror=alert(1)> is NaN";
    model.deliver({ type: "error", frame: 2, generation: 2, request: null, view: null, message });
    await paint();
    const alert = find(el, "[role=alert]");
    expect(alert.hidden).toBe(false);
    expect(alert.textContent).toBe(message);
    expect(alert.querySelector("img")).toBeNull();
    expect(painted).toHaveLength(count);
    model.deliver(...frame({ frame: 3, generation: 3 }));
    await paint();
    expect(alert.hidden).toBe(true);
    expect(painted.length).toBeGreaterThan(count);
  });

  it("name their classes as text", async () => {
    const name = "<b>cat</b>";
    const { model, el } = await setUp({ catalogue: { ...CATALOGUE, classes: [name, "dog", "bird"] } });
    model.deliver(...frame({ header: header({ predictions: [{ index: 0, name, probability: 0.756 }] }) }));
    await paint();
    expect(text(el, ".xai-bar-name")).toBe(name);
    expect(text(el, ".xai-bar-value")).toBe("76 %");
    expect(el.querySelector(".xai-bar-name b")).toBeNull();
  });

  it("have bars of the same classes in the same order in all models", async () => {
    const { model, el } = await setUp();
    const say = (view: number, shares: [number, string, number][]): void =>
      model.deliver(
        ...frame({
          view,
          frame: view + 1,
          header: header({
            explained: shares[0]?.[0] ?? 0,
            predictions: shares.map(([index, name, probability]) => ({ index, name, probability })),
          }),
        }),
      );
    say(0, [[0, "cat", 0.75], [2, "bird", 0.2]]); // biome-ignore format: a table
    say(1, [[1, "dog", 0.6], [0, "cat", 0.3]]); // biome-ignore format: a table
    await paint();
    const bars = (part: string): (string | null)[][] =>
      [...el.querySelectorAll(".xai-bars")].map((list) =>
        [...list.querySelectorAll(part)].map(({ textContent }) => textContent),
      );
    expect(bars(".xai-bar-name")).toEqual([
      ["cat", "dog", "bird"],
      ["cat", "dog", "bird"],
    ]);
    // Of a class that a model does not think of first it is known that it is less.
    expect(bars(".xai-bar-value")).toEqual([
      ["75 %", "< 20 %", "20 %"],
      ["30 %", "60 %", "< 30 %"],
    ]);
  });

  it("are on one scale when that is asked for, which holds still while a slider moves", async () => {
    const { model, el } = await setUp({ display: { ...DISPLAY, scale: "shared", clip: 100 } });
    const ends = (): (string | null)[] =>
      [...el.querySelectorAll(".xai-ends")].map(({ lastChild }) => lastChild?.textContent ?? null);
    model.deliver(...frame({ view: 0 }, [1, -2, 3, 4]));
    model.deliver(...frame({ view: 1, frame: 2 }, [10, 20, 30, 40]));
    await paint();
    expect(ends()).toEqual(["for 40", "for 40"]);
    const slider = find<HTMLInputElement>(el, ".xai-pin input[type=range]");
    slider.dispatchEvent(new Event("pointerdown"));
    model.deliver(...frame({ view: 0, frame: 3, generation: 2 }, [1, -2, 3, 80]));
    model.deliver(...frame({ view: 1, frame: 4, generation: 2 }, [1, 2, 3, 4]));
    await paint();
    expect(ends()).toEqual(["for 40", "for 40"]);
    slider.dispatchEvent(new Event("pointerup"));
    expect(ends()).toEqual(["for 80", "for 80"]);
  });

  it("tell their values to the arrow keys", async () => {
    const { model, el } = await setUp();
    model.deliver(...frame({ view: 0 }, [1, -2, 3, 4]));
    model.deliver(...frame({ view: 1, frame: 2 }, [10, 20, 30, 40]));
    await paint();
    const panes = find(el, ".xai-panes");
    const press = (key: string) => panes.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
    press("ArrowUp");
    press("ArrowRight");
    const asides = (): (string | null)[] =>
      [...el.querySelectorAll(".xai-aside")].map(({ textContent }) => textContent);
    expect(asides()).toEqual(["row 0, column 1: −2", "row 0, column 1: 20"]);
    expect(text(el, ".xai-picture [role=status]")).toBe("row 0, column 1: −2");
    press("ArrowLeft");
    expect(asides()).toEqual(["row 0, column 0: 1", "row 0, column 0: 10"]);
    press("Escape");
    expect(asides()).toEqual(["says cat: 75 %", "says cat: 75 %"]);
  });

  it("have a colour scale of their own, in words that follow the sign", async () => {
    const { model, el } = await setUp();
    model.deliver(...frame({ view: 0 }, [1, -2, 3, 4]));
    model.deliver(...frame({ view: 1, frame: 2 }, [10, 20, 30, 40]));
    await paint();
    const scales = (): string[] =>
      [...el.querySelectorAll(".xai-ends")].map(({ children }) =>
        [...children].map(({ textContent }) => textContent).join("|"),
      );
    expect(scales()).toEqual(["against −4|0|for 4", "against −40|0|for 40"]);
    find<HTMLInputElement>(el, "input[value=positive]").click();
    expect(scales()[0]).toBe("0||for 4");
    find<HTMLInputElement>(el, "input[value=absolute]").click();
    expect(scales()[0]).toBe("0||size 4");
  });

  it("take the words of the colour scale from what is said of them", async () => {
    const { model, el } = await setUp();
    model.deliver(...frame({ view: 0, header: header({ ends: ["less", "more"] }) }, [1, -2, 3, 4]));
    await paint();
    expect(text(el, ".xai-ends")).toBe("less −40more 4");
    find<HTMLInputElement>(el, "input[value=positive]").click();
    expect(text(el, ".xai-ends")).toBe("0more 4");
  });

  it("name no value below zero where there can be none", async () => {
    const { model, el } = await setUp();
    model.deliver(...frame({ header: header({ ends: ["", "large"] }) }, [1, 2, 3, 4]));
    await paint();
    expect(text(el, ".xai-ends")).toBe("0large 4");
  });

  it("mark the value under the pointer on the scale", async () => {
    const { model, el } = await setUp();
    model.deliver(...frame({ view: 0 }, [4, -4, 2, 0]));
    await paint();
    const mark = find(el, ".xai-gradient i");
    expect(mark.hidden).toBe(true);
    find(el, ".xai-panes").dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", cancelable: true }));
    expect([mark.hidden, Math.round(Number.parseFloat(mark.style.left))]).toEqual([false, 75]);
  });

  it("of units have no picture below", async () => {
    const { model } = await setUp();
    model.deliver(...frame({ shape: [3] }, [1, 2, 3]));
    await paint();
    expect(painted.map(({ width }) => width)).toEqual([2]);
    expect(Array.from(painted[0]?.data.subarray(12) ?? [])).toEqual([0, 0, 0, 0]);
  });

  it("of units tell which unit a value belongs to", async () => {
    const { model, el } = await setUp();
    model.deliver(...frame({ shape: [3] }, [1, 2, 3]));
    await paint();
    const panes = find(el, ".xai-panes");
    panes.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft", cancelable: true }));
    expect(text(el, ".xai-aside")).toBe("unit 2: 3");
  });
});

describe("the read-out", () => {
  const two = (model: FakeModel, change: object): void => {
    model.deliver(...frame({ frame: 1, view: 0, evaluations: 40, gap: 0.001, change: 0.019, ...change }));
    model.deliver(...frame({ frame: 2, view: 1, evaluations: 33, gap: 0.008, change: 0.01, ...change }));
  };

  it("says of several models what promises least", async () => {
    const { model, el } = await setUp();
    two(model, { difference: { largest: 3e-6, relative: 1e-5 } });
    await paint();
    expect(text(el, ".xai-facts")).toBe(
      "33 of 65 passesgap 0.8 %last change 1.9 %convergencemaps differ by at most 3 × 10⁻⁶ (0.001 % of the largest value)",
    );
    expect(text(el, ".xai-apart")).toBe("maps agree to 0.001 %");
    const bar = find(el, "[role=progressbar]");
    expect(bar.getAttribute("aria-valuetext")).toBe("33 of 65 passes");
    expect([bar.getAttribute("aria-valuenow"), bar.getAttribute("aria-valuemax")]).toEqual(["33", "65"]);
  });

  it("says the gap as a number where a percentage means nothing, and nothing where there is none", async () => {
    const { model, el } = await setUp();
    two(model, { gap: null, absolute_gap: 0.0123 });
    await paint();
    expect(text(el, ".xai-facts")).toContain("gap 0.012");
    two(model, { frame: 3, gap: null, absolute_gap: null });
    await paint();
    expect([...el.querySelectorAll<HTMLElement>(".xai-fact")].map(({ hidden }) => hidden)).toEqual([
      false,
      true,
      false,
      false,
    ]);
  });

  it("says for a listener how good the picture is", async () => {
    const { model, el } = await setUp();
    two(model, { within: 0.09 });
    await paint();
    expect(text(el, ".xai-state")).toBe("still improving: within 9 %");
    expect(hidden(find(el, ".xai-facts"))).toBe(true);
    two(model, { frame: 3, final: true, within: 0.021 });
    await paint();
    expect(text(el, ".xai-state")).toBe("within 2.1 %");
    two(model, { frame: 5, final: true, exact: true, change: 0.99 });
    await paint();
    expect(text(el, ".xai-state")).toBe("exact");
    // The last step of what is complete says nothing of how good it is.
    const facts = [...el.querySelectorAll<HTMLElement>(".xai-fact")].filter((fact) => !fact.hidden);
    expect(facts.map(({ textContent }) => textContent).join()).not.toContain("last change");
  });

  it("says when the kernel searches before the first picture", async () => {
    const { model, el } = await setUp();
    two(model, { final: true });
    await paint();
    model.deliver({ type: "working", frame: 9, generation: 5, request: null, view: 0 });
    await paint();
    expect(text(el, ".xai-kernel")).toContain("searching");
    expect(model.of("acknowledge").at(-1)).toEqual({ type: "acknowledge", frame: 9 });
    two(model, { final: true, frame: 10, generation: 5 });
    await paint();
    expect(text(el, ".xai-kernel")).toBe("");
  });

  it("stops what runs", async () => {
    const { model, el } = await setUp();
    const stop = [...el.querySelectorAll("button")].find(
      ({ textContent }) => textContent === "Stop",
    ) as HTMLButtonElement;
    expect(stop.disabled).toBe(false); // what takes long before the first frame can be stopped, too
    two(model, {});
    await paint();
    expect(stop.disabled).toBe(false);
    stop.click();
    expect(model.of("stop")).toHaveLength(1);
    two(model, { stopped: true });
    await paint();
    expect(stop.disabled).toBe(true);
    expect(text(el, ".xai-state")).toBe("stopped at 33 of 65");
  });

  it("speaks once, when all is done", async () => {
    const { model, el } = await setUp();
    const said = (): string => text(el, ".xai-readout .xai-spoken");
    two(model, {});
    await paint();
    expect(said()).toBe("");
    two(model, { evaluations: 65, final: true, gap: 0.002 });
    await paint();
    expect(said()).toBe("Path of cat, finished after 65 passes, gap 0.2 %.");
  });

  it("says what the kernel is doing", async () => {
    const { model, el } = await setUp();
    const said = (): string => text(el, ".xai-kernel");
    expect(said()).toBe("");
    vi.advanceTimersByTime(1000);
    expect(said()).toBe("the kernel is busy");
    model.deliver(...frame({}));
    expect(said()).toBe("");
    model.emit("comm:close");
    expect(said()).toBe("the kernel is gone: run the cell again");
  });
});

describe("the code", () => {
  it("shows the lines of what is on the screen", async () => {
    const { model, el } = await setUp();
    model.deliver(...frame({ header: header({ code: "xai.Path(steps=64)" }) }));
    await paint();
    const button = [...el.querySelectorAll("button")].find(
      ({ textContent }) => textContent === "Code",
    ) as HTMLButtonElement;
    const panel = find(el, ".xai-code");
    expect(panel.hidden).toBe(true);
    button.click();
    expect([panel.hidden, button.getAttribute("aria-expanded")]).toEqual([false, "true"]);
    expect(text(el, "code")).toBe("xai.Path(steps=64)");
    model.deliver(...frame({ frame: 2, generation: 2, header: header({ code: "xai.Path(steps=2)" }) }));
    await paint();
    expect(text(el, "code")).toBe("xai.Path(steps=2)");
  });

  it("is copied", async () => {
    const { model, el } = await setUp();
    const written: string[] = [];
    vi.stubGlobal("navigator", { clipboard: { writeText: async (lines: string) => void written.push(lines) } });
    model.deliver(...frame({}));
    await paint();
    const button = (name: string) => [...el.querySelectorAll("button")].find(({ textContent }) => textContent === name);
    button("Code")?.click();
    button("Copy")?.click();
    await paint();
    expect(written).toEqual(["xai.Path()"]);
    expect(text(el, ".xai-code [role=status]")).toBe("copied");
    button("Copy state")?.click();
    await paint();
    expect(model.of("keep")).toHaveLength(1);
    expect(text(el, ".xai-code [role=status]")).toBe("asking the kernel");
    const line = 'xai.explore(model, images, state="q1YK")';
    model.deliver({ type: "kept", frame: 2, generation: 1, request: null, code: line });
    await paint();
    expect([written.at(-1), text(el, ".xai-code [role=status]")]).toEqual([line, "state copied"]);
    await paint();
    expect(text(el, "code")).toBe(line);
  });
});

describe("presenter size", () => {
  const button = (el: Element) =>
    [...el.querySelectorAll("button")].find(({ textContent }) =>
      ["Present", "Leave"].includes(textContent ?? ""),
    ) as HTMLButtonElement;
  const isLarge = (el: Element): boolean => find(el, ".xai").classList.contains("xai-presenter");

  it("comes and goes with the button", async () => {
    const { model, el } = await setUp();
    button(el).click();
    expect([isLarge(el), button(el).textContent]).toEqual([true, "Leave"]);
    expect(model.traits.display).toMatchObject({ presenter: true });
    button(el).click();
    expect([isLarge(el), button(el).textContent]).toEqual([false, "Present"]);
    expect(model.traits.display).toMatchObject({ presenter: false });
  });

  it("goes with the Escape key, unless that takes the pointer from a picture", async () => {
    const { model, el } = await setUp();
    model.deliver(...frame({ view: 0 }));
    await paint();
    button(el).click();
    const panes = find(el, ".xai-panes");
    const press = (key: string) =>
      panes.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    press("ArrowLeft");
    press("Escape");
    expect(isLarge(el)).toBe(true);
    press("Escape");
    expect(isLarge(el)).toBe(false);
    expect(model.traits.display).toMatchObject({ presenter: false });
  });

  it("fills the screen where that is allowed, and ends with it", async () => {
    const { model, el } = await setUp();
    const root = find(el, ".xai");
    let full: Element | null = null;
    Object.defineProperty(document, "fullscreenElement", { configurable: true, get: () => full });
    root.requestFullscreen = async () => {
      full = root;
      root.dispatchEvent(new Event("fullscreenchange"));
    };
    button(el).click();
    expect([full === root, isLarge(el)]).toEqual([true, true]);
    full = null;
    root.dispatchEvent(new Event("fullscreenchange"));
    expect([isLarge(el), button(el).textContent]).toEqual([false, "Present"]);
    expect(model.traits.display).toMatchObject({ presenter: false });
    root.requestFullscreen = () => Promise.reject(new TypeError("not allowed"));
    button(el).click();
    await paint();
    expect(isLarge(el)).toBe(true);
    Reflect.deleteProperty(document, "fullscreenElement");
  });
});

describe("predict, then reveal", () => {
  const mark = (revealed: boolean) => ({ area: [0, 2, 2], spots: [], revealed });

  it("has nothing of the map in the page until it is revealed", async () => {
    const { el, model } = await setUp({ predict_first: true, marks: { 0: mark(false) } });
    model.deliver(...frame({ final: true }));
    await paint();
    expect(el.querySelectorAll(".xai-legend, [role='img']")).toHaveLength(0);
    expect(find(el, ".xai-marking p").textContent).toContain("50 % of the picture");
    model.arrive({ marks: { 0: mark(true) } });
    await paint();
    expect(el.querySelectorAll(".xai-marking-board")).toHaveLength(0);
    expect(text(el, ".xai-marking b")).toMatch(/^Your mark holds .* of the evidence, on 50 % of the picture\.$/);
  });

  it("shows no map of the picture before for the moment in which another one is on its way", async () => {
    const { el, model } = await setUp({ predict_first: true, marks: { 0: mark(true) }, index: 1 });
    const of = (index: number) => ({ header: header({ state: { ...header().state, index } }) });
    for (const view of [0, 1]) model.deliver(...frame({ view, final: true, ...of(1) }));
    await paint();
    await model.follow({ index: 0 });
    expect(el.querySelectorAll(".xai-marking-board")).toHaveLength(1);
    for (const view of [0, 1]) model.deliver(...frame({ view, generation: 2, final: true, ...of(0) }));
    await paint();
    expect(el.querySelectorAll(".xai-marking-board")).toHaveLength(0);
  });

  const of = (index: number) => ({ header: header({ state: { ...header().state, index } }) });

  it("hides the map of a picture behind the curtain, too", async () => {
    const { el, model } = await setUp({ predict_first: true, marks: { 0: mark(false), 1: mark(true) } });
    for (const view of [0, 1]) model.deliver(...frame({ view, final: true, ...of(0) }));
    await paint();
    await model.follow({ index: 1 });
    for (const view of [0, 1]) model.deliver(...frame({ view, generation: 2, final: true, ...of(1) }));
    await paint();
    choose(el, "Curtain", "before");
    expect(el.querySelectorAll(".xai-marking-board, .xai-behind")).toHaveLength(0);
    model.arrive({ marks: { 0: mark(true), 1: mark(true) } });
    await paint();
    expect(el.querySelectorAll(".xai-behind")).toHaveLength(2);
  });

  it("keeps a stroke with the picture that it was begun on", async () => {
    const { el, model } = await setUp({ predict_first: true, marks: {} });
    const surface = find(el, ".xai-marking-board [role=application]");
    Object.assign(surface, { setPointerCapture: () => undefined });
    vi.spyOn(HTMLCanvasElement.prototype, "getBoundingClientRect").mockReturnValue(new DOMRect(0, 0, 100, 100));
    const point = (type: string) =>
      surface.dispatchEvent(new PointerEvent(type, { button: 0, isPrimary: true, clientX: 25, clientY: 25 }));
    point("pointerdown");
    await model.follow({ index: 1 });
    point("pointermove");
    point("pointerup");
    expect(model.traits.marks).toEqual({ 0: { area: [0, 1, 3], spots: [], revealed: false } });
  });

  it("decodes no mask while a slider moves, unless it has to be said", async () => {
    const masks = vi.spyOn(ExplorerStore.prototype, "mask", "get");
    const move = (el: Element): void => {
      const slider = find<HTMLInputElement>(el, ".xai-pin input[type=range]");
      for (const value of ["3", "4", "5"]) {
        slider.value = value;
        slider.dispatchEvent(new Event("input"));
      }
    };
    const off = await setUp({ predict_first: false, marks: { 0: mark(true) } });
    masks.mockClear();
    move(off.el);
    expect(masks).not.toHaveBeenCalled();
    const on = await setUp({ predict_first: true, marks: { 0: mark(false) } });
    masks.mockClear();
    move(on.el);
    expect(masks).not.toHaveBeenCalled();
    expect(find(on.el, ".xai-marking p").textContent).toContain("50 % of the picture");
    masks.mockRestore();
  });

  it("is switched on among the settings", async () => {
    const first = { ...FIRST, predict_first: false, marks: {} };
    const { el, model } = await setUp({ ...traits({ first }), predict_first: false, marks: { 0: mark(true) } });
    const box = find<HTMLInputElement>(el, ".xai-predict-first input");
    box.checked = true;
    box.dispatchEvent(new Event("change"));
    expect(model.saved.at(-1)).toMatchObject({ predict_first: true });
    expect(model.sent.filter(({ type }) => type === "request" || type === "settle")).toEqual([]);
  });
});

it("steps over pictures that were taken away", async () => {
  const added = (label: string, away: boolean) => ({ ...CATALOGUE.pictures[0], label, remark: "", away });
  const { el, model } = await setUp({ index: 1, _added: [added("gone", true), added("mine", false)] });
  const step = (key: string): boolean =>
    find(el, ".xai-explorer").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  step("ArrowRight");
  expect(model.traits.index).toBe(3);
  step("ArrowLeft");
  expect(model.traits.index).toBe(1);
  await model.follow({ _added: [added("gone", true)] });
  step("ArrowRight");
  expect(model.traits.index).toBe(1);
});

it("shows no help in a cell that was scrolled away", async () => {
  const shown: boolean[] = [];
  const toggle = function (this: HTMLElement): boolean {
    shown.push(this.isConnected);
    return true;
  };
  Object.assign(HTMLElement.prototype, { togglePopover: toggle });
  const { el } = await setUp();
  window.dispatchEvent(new PointerEvent("pointerdown"));
  el.remove();
  window.dispatchEvent(new PointerEvent("pointerdown"));
  Object.assign(HTMLElement.prototype, { togglePopover: undefined });
  expect(shown).toEqual([true]);
});

it("gives every control a name", async () => {
  const { el } = await setUp();
  for (const control of el.querySelectorAll<HTMLInputElement>("input, select, button")) {
    const label = control.id === "" ? control.closest("label") : el.querySelector(`label[for="${control.id}"]`);
    const image = label?.querySelector("img")?.alt;
    const name = control.getAttribute("aria-label") ?? label?.textContent ?? control.textContent;
    expect(name || image, control.outerHTML).toBeTruthy();
  }
});

describe("the end of a view", () => {
  it("takes every listener with it", async () => {
    const model = new FakeModel(traits());
    const widget = await open(model);
    const before = model.listenerCount;
    const kept: (AbortSignal | undefined)[] = [];
    let owner = HTMLElement.prototype as EventTarget;
    while (!Object.hasOwn(owner, "addEventListener")) owner = Object.getPrototypeOf(owner) as EventTarget;
    const add = owner.addEventListener;
    vi.spyOn(owner, "addEventListener").mockImplementation(function (this: EventTarget, ...call) {
      const options = call[2];
      if (!(this instanceof AbortSignal)) kept.push(typeof options === "object" ? options.signal : undefined);
      add.apply(this, call);
    });
    const { el, cleanup } = await widget.render();
    expect(kept.length).toBeGreaterThan(20);
    pick(el, "Method", "cover");
    cleanup();
    expect(kept.filter((signal) => signal?.aborted !== true)).toEqual([]);
    expect(el.childElementCount).toBe(0);
    expect(model.listenerCount).toBe(before);
    model.deliver(...frame({}));
    await paint();
    expect(painted).toEqual([]);
    expect(model.of("acknowledge")).toHaveLength(1);
  });

  it("leaves the other view alive", async () => {
    const { model, cleanup, render } = await setUp();
    const other = await render();
    cleanup();
    model.deliver(...frame({}));
    await paint();
    expect(painted).toHaveLength(1);
    expect(text(other.el, ".xai-aside")).toBe("says cat: 75 %");
  });

  it("is told to the kernel when it is the last, and the next one says hello", async () => {
    const { model, cleanup, render } = await setUp();
    const other = await render();
    cleanup();
    expect(model.of("bye")).toHaveLength(0);
    other.cleanup();
    expect(model.of("bye")).toHaveLength(1);
    expect(model.of("hello")).toHaveLength(1);
    await render();
    await render();
    expect(model.of("hello")).toHaveLength(2);
  });

  it("and of the model leave nothing at all", async () => {
    const { model, cleanup, close } = await setUp();
    model.deliver(...frame({ final: true }));
    await paint();
    cleanup();
    close();
    expect(model.listenerCount).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
