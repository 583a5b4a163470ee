import { afterEach, describe, expect, it, vi } from "vitest";
import { Menu } from "../src/shared/controls/menu";
import { optionControl } from "../src/shared/controls/option_control";
import { type Group, Picker } from "../src/shared/controls/picker";
import { ClassMenu } from "../src/shared/explanation/classes";
import { moved } from "../src/shared/options";
import type { OptionEntry } from "../src/shared/protocol";
import { positions, toPosition, toValue } from "../src/shared/scale";
import { CATALOGUE, option } from "./fake_model";

const STEPS = option({
  name: "steps",
  kind: "integer",
  default: 64,
  label: "Steps",
  sentence: "How many.",
  slider: [1, 512],
  scale: "doublings",
  unit: "steps",
});
const SIGMA = option({
  name: "sigma",
  kind: "number",
  default: 0.15,
  label: "Noise",
  sentence: "How much.",
  slider: [0, 0.5],
  step: 0.01,
  unit: "of the range",
});
const BASELINE = option({
  name: "baseline",
  kind: "choice",
  default: "black",
  label: "Baseline",
  sentence: "Nothing to see.",
  choices: ["black", "mean_square"],
});
const PLACE = option({
  name: "place",
  kind: "choice",
  default: "point",
  label: "Place",
  sentence: "Where.",
  choices: ["point", "line", "boundary_line"],
  labels: { boundary_line: "line from the very boundary" },
});
const FACTOR = option({
  name: "factor",
  kind: "choice",
  default: "one",
  label: "Factor",
  sentence: "Times what.",
  choices: ["one", "way"],
  choices_when: { way: ["place", ["line", "boundary_line"]] },
});
const SEED = option({ name: "seed", default: 0, label: "Seed", sentence: "Which.", minimum: 0 });

function build(option: OptionEntry) {
  const controller = new AbortController();
  const handlers = { hold: vi.fn(), move: vi.fn(), settle: vi.fn() };
  const control = optionControl(option, handlers, controller.signal);
  document.body.append(control.element);
  control.show(option.default);
  const input = control.element.querySelector("input") as HTMLInputElement;
  const drag = (value: number): void => {
    input.value = String(value);
    input.dispatchEvent(new Event("input"));
  };
  return { control, handlers, input, drag, controller };
}

afterEach(() => document.body.replaceChildren());

describe("a slider", () => {
  it("in doublings runs over powers of two and speaks its unit", () => {
    const { input, drag, handlers, control } = build(STEPS);
    expect([input.type, input.min, input.max, input.step]).toEqual(["range", "0", "9", "1"]);
    expect(input.value).toBe("6");
    expect(input.getAttribute("aria-valuetext")).toBe("64 steps");
    drag(9);
    expect(handlers.move).toHaveBeenLastCalledWith(512);
    drag(0);
    expect(handlers.move).toHaveBeenLastCalledWith(1);
    expect(input.getAttribute("aria-valuetext")).toBe("1 step");
    expect(control.element.querySelector("output")?.textContent).toBe("1");
  });

  it("on a linear scale stops at its steps, free of binary noise", () => {
    const { input, drag, handlers } = build(SIGMA);
    expect([input.min, input.max, input.step, input.value]).toEqual(["0", "0.5", "0.01", "0.15"]);
    drag(0.29000000000000004);
    expect(handlers.move).toHaveBeenLastCalledWith(0.29);
    expect(input.getAttribute("aria-valuetext")).toBe("0.29 of the range");
  });

  it("says in words what a number stands for where the option has some", () => {
    const block = option({ ...STEPS, name: "block", default: 0, slider: [0, 4], scale: "linear", unit: "" });
    const { control, input } = build({ ...block, labels: { 0: "all" } });
    expect(control.element.textContent).toContain("all");
    expect(input.getAttribute("aria-valuetext")).toBe("all");
    input.value = "2";
    input.dispatchEvent(new Event("input"));
    expect(input.getAttribute("aria-valuetext")).toBe("2");
  });

  it("has all that there are at its right end where 0 means that", () => {
    const words = { labels: { 0: "the last" }, zero_last: true, unit: "" };
    const block = option({ ...STEPS, ...words, name: "block", default: 0, slider: [1, 4], scale: "linear" });
    const { control, input, drag, handlers } = build(block);
    expect([input.min, input.max, input.value]).toEqual(["1", "4", "4"]);
    expect(input.getAttribute("aria-valuetext")).toBe("the last");
    drag(3);
    expect(handlers.move).toHaveBeenLastCalledWith(3);
    drag(4);
    expect(handlers.move).toHaveBeenLastCalledWith(0);
    expect(input.getAttribute("aria-valuetext")).toBe("the last");
    control.show(4);
    expect([input.value, input.getAttribute("aria-valuetext")]).toEqual(["4", "4"]);
  });

  it("writes pixels short and speaks them in full", () => {
    const { control, input } = build({ ...STEPS, default: 8, unit: "pixels" });
    expect(control.element.querySelector("output")?.textContent).toBe("8 px");
    expect(input.getAttribute("aria-valuetext")).toBe("8 pixels");
  });

  it.each([
    ["opacity", "80 %", "80 percent"],
    ["clip", "99.5 %", "99.5 percent of the pixels"],
    ["smoothing", "none", "none"],
  ])("says the %s of a drawing as one does", (name, short, spoken) => {
    const { control, input } = build(CATALOGUE.drawing.find((one) => one.name === name) as OptionEntry);
    expect(control.element.querySelector("output")?.textContent).toBe(short);
    expect(input.getAttribute("aria-valuetext")).toBe(spoken);
  });

  it("has a label of its own", () => {
    const { control, input } = build(STEPS);
    const label = control.element.querySelector("label");
    expect(label?.textContent).toBe("Steps");
    expect(label?.htmlFor).toBe(input.id);
  });

  it("shows a value beyond its end in words, and itself at the end", () => {
    const { control, input } = build(STEPS);
    control.show(1000);
    expect(input.value).toBe("9");
    expect(control.element.querySelector("output")?.textContent).toBe("1000");
  });

  it("moves live and settles once, on release", () => {
    const { input, drag, handlers } = build(STEPS);
    input.dispatchEvent(new Event("pointerdown"));
    expect(handlers.hold).toHaveBeenLastCalledWith(true);
    for (const value of [5, 4, 3]) drag(value);
    expect(handlers.move).toHaveBeenCalledTimes(3);
    expect(handlers.settle).not.toHaveBeenCalled();
    input.dispatchEvent(new Event("pointerup"));
    input.dispatchEvent(new Event("change"));
    expect(handlers.settle).toHaveBeenCalledTimes(1);
    expect(handlers.hold).toHaveBeenLastCalledWith(false);
  });

  it("settles once for a key that is held down", () => {
    const { input, drag, handlers } = build(STEPS);
    for (const value of [5, 4, 3]) {
      input.dispatchEvent(new Event("keydown"));
      drag(value);
      input.dispatchEvent(new Event("change"));
    }
    expect(handlers.settle).not.toHaveBeenCalled();
    input.dispatchEvent(new Event("keyup"));
    expect(handlers.settle).toHaveBeenCalledTimes(1);
  });

  it("is not moved by what arrives while it is held", () => {
    const { control, input, drag } = build(STEPS);
    drag(3);
    control.show(512);
    expect(input.value).toBe("3");
    input.dispatchEvent(new Event("change"));
    control.show(512);
    expect(input.value).toBe("9");
  });

  it("is let go and deaf when its view has gone", () => {
    const { input, drag, handlers, controller } = build(STEPS);
    input.dispatchEvent(new Event("pointerdown"));
    controller.abort();
    expect(handlers.hold).toHaveBeenLastCalledWith(false);
    drag(3);
    expect(handlers.move).not.toHaveBeenCalled();
  });
});

describe("a choice", () => {
  it("is a group of radio buttons", () => {
    const { control, handlers } = build(BASELINE);
    const inputs = [...control.element.querySelectorAll("input")];
    expect(inputs.map(({ type, value, checked }) => [type, value, checked])).toEqual([
      ["radio", "black", true],
      ["radio", "mean_square", false],
    ]);
    expect(control.element.textContent).toContain("mean square");
    expect(new Set(inputs.map(({ name }) => name)).size).toBe(1);
    inputs[1]?.click();
    expect(handlers.move).toHaveBeenCalledExactlyOnceWith("mean_square");
    expect(handlers.settle).toHaveBeenCalledTimes(1);
  });

  it("shows a value that is none of the choices beside its label", () => {
    const { control } = build(BASELINE);
    control.show(0.5);
    expect(control.element.querySelector(".xai-value")?.textContent).toBe("0.5");
    expect(control.element.querySelector("input:checked")).toBeNull();
  });
});

it("without a slider a number is typed", () => {
  const { input, handlers, drag } = build(SEED);
  expect([input.type, input.min, input.step, input.value]).toEqual(["number", "0", "1", "0"]);
  drag(7);
  expect(handlers.move).toHaveBeenLastCalledWith(7);
  input.dispatchEvent(new Event("change"));
  expect(handlers.settle).toHaveBeenCalledTimes(1);
});

describe("options", () => {
  const window: OptionEntry = { ...SIGMA, name: "window", kind: "integer", default: 8 };
  const stride: OptionEntry = { ...window, name: "stride", default: 4, at_most: "window" };
  const both = [window, stride];
  it("pull down what may not exceed them", () =>
    expect(moved(both, { window: 8, stride: 4 }, "window", 3)).toEqual({ window: 3, stride: 3 }));
  it("stop at what they may not exceed", () =>
    expect(moved(both, { window: 8, stride: 4 }, "stride", 9)).toEqual({ window: 8, stride: 8 }));
  it("move freely otherwise", () =>
    expect(moved(both, { window: 8, stride: 4 }, "window", 20)).toEqual({ window: 20, stride: 4 }));
});

describe("a scale", () => {
  const scale = { low: 1, high: 512, step: 1, doublings: true, whole: true };
  it("comes back to the value at every stop", () => {
    for (let at = 0; at <= positions(scale).max; at++) expect(toPosition(scale, toValue(scale, at))).toBe(at);
  });
  it("keeps positions within its ends", () => {
    expect(toPosition(scale, 0)).toBe(0);
    expect(toPosition({ ...scale, doublings: false }, 1000)).toBe(512);
  });
});

describe("a menu", () => {
  it("rebuilds its items only when they changed, so an open list stays", () => {
    const choose = vi.fn();
    const menu = new Menu("Method", choose, new AbortController().signal);
    const sections = [
      {
        heading: null,
        items: [
          { value: "a", label: "A" },
          { value: "b", label: "<b>B</b>" },
        ],
      },
    ];
    menu.show(sections, "a");
    const first = menu.element.firstChild;
    menu.show(sections, "b");
    expect(menu.element.firstChild).toBe(first);
    expect(menu.element.value).toBe("b");
    expect(menu.element.querySelector("b")).toBeNull();
    menu.element.value = "a";
    menu.element.dispatchEvent(new Event("change"));
    expect(choose).toHaveBeenCalledExactlyOnceWith("a");
  });
});

describe("choices that need others", () => {
  it("cannot be chosen where they are not possible", () => {
    const { control } = build(FACTOR);
    control.offer?.((choice) => choice !== "way");
    const inputs = [...control.element.querySelectorAll("input")];
    expect(inputs.map(({ disabled }) => disabled)).toEqual([false, true]);
    control.offer?.(() => true);
    expect(inputs.map(({ disabled }) => disabled)).toEqual([false, false]);
  });

  it("stand in a menu where their names are long", () => {
    const { control, handlers } = build(PLACE);
    const select = control.element.querySelector("select") as HTMLSelectElement;
    expect([...select.options].map(({ textContent }) => textContent)).toEqual([
      "point",
      "line",
      "line from the very boundary",
    ]);
    control.offer?.((choice) => choice !== "line");
    expect([...select.options].map(({ disabled }) => disabled)).toEqual([false, true, false]);
    select.value = "boundary_line";
    select.dispatchEvent(new Event("change"));
    expect(handlers.move).toHaveBeenCalledExactlyOnceWith("boundary_line");
    expect(handlers.settle).toHaveBeenCalledOnce();
  });
});

describe("the menu of classes", () => {
  const names = Array.from({ length: 1000 }, (_, i) => `Class ${i}`);
  const top = [
    { index: 281, name: "class 281" },
    { index: 3, name: "class 3" },
  ];
  function classMenu(classes: string[]) {
    const choose = vi.fn();
    const menu = new ClassMenu("Class", classes, choose, new AbortController().signal);
    document.body.append(menu.element);
    menu.show(null, "class 281 (top)", top, 3);
    const select = menu.element.querySelector("select") as HTMLSelectElement;
    const search = menu.element.querySelector("input") as HTMLInputElement;
    const pick = (value: string): void => {
      select.value = value;
      select.dispatchEvent(new Event("change"));
    };
    return { menu, choose, select, search, pick };
  }

  it("has no class in particular first, then the top classes, then all", () => {
    const { select } = classMenu(names);
    expect(select.options[0]?.textContent).toBe("class 281 (top)");
    const groups = [...select.querySelectorAll("optgroup")];
    expect(groups.map(({ label, children }) => [label, children.length])).toEqual([
      ["Top classes", 2],
      ["All classes", 1000],
    ]);
    expect([...select.options].filter(({ disabled }) => disabled).map(({ value }) => value)).toEqual(["3", "3"]);
  });

  it("chooses a class or none", () => {
    const { choose, pick } = classMenu(names);
    pick("281");
    pick("");
    expect(choose.mock.calls).toEqual([[281], [null]]);
  });

  it("finds one of many by a part of its name", () => {
    const { choose, select, search, pick } = classMenu(names);
    pick("search …");
    expect([select.hidden, search.hidden]).toEqual([true, false]);
    search.value = "CLASS 99";
    search.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
    expect(choose).toHaveBeenCalledExactlyOnceWith(99);
    expect([select.hidden, search.hidden]).toEqual([false, true]);
  });

  it("goes back to what it showed when the search is given up", () => {
    const { choose, select, search, pick } = classMenu(names);
    pick("search …");
    search.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    expect(select.hidden).toBe(false);
    expect(select.value).toBe("");
    expect(choose).not.toHaveBeenCalled();
  });

  it("offers no search where a glance is enough", () => {
    const { select } = classMenu(names.slice(0, 10));
    expect([...select.options].some(({ value }) => value === "search")).toBe(false);
  });
});

describe("a picker", () => {
  const GROUPS: Group[] = [
    {
      heading: "Gradients",
      sentence: "How fast it changes.",
      entries: [
        { value: "slope", label: "Slope", sentence: "The gradient.", reference: "Newton 1687" },
        { value: "path", label: "Path", sentence: "Gradients on the way.", reference: "Leibniz 1684" },
      ],
    },
    {
      heading: "Covering",
      sentence: "Change the input.",
      entries: [
        { value: "cover", label: "Cover", sentence: "A window covers a part." },
        { value: "space", label: "Space", sentence: "Maps.", refusal: "It has no <b>layer</b> with space." },
      ],
    },
  ];
  const open = (value = "path") => {
    const choose = vi.fn();
    const picker = new Picker("Method", choose, new AbortController().signal);
    document.body.append(picker.element);
    picker.show(GROUPS, value);
    const button = picker.element.querySelector("button") as HTMLButtonElement;
    const search = picker.element.querySelector("input") as HTMLInputElement;
    const press = (key: string, on: HTMLElement = search) =>
      on.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true, bubbles: true }));
    const type = (text: string) => {
      search.value = text;
      search.dispatchEvent(new Event("input"));
    };
    const shown = (): (string | null)[] =>
      [...picker.element.querySelectorAll("[role=option]")]
        .filter((row) => row.closest("[hidden]") === null)
        .map((row) => row.getAttribute("data-value"));
    const active = (): string | undefined => {
      const id = search.getAttribute("aria-activedescendant");
      return id === null ? undefined : (document.getElementById(id)?.dataset.value ?? undefined);
    };
    return { choose, picker, button, search, press, type, shown, active };
  };

  it("says on its button what is chosen, and of every entry what it is, whose, and why not", () => {
    const { picker, button, shown } = open();
    expect(button.textContent).toBe("Path");
    expect(button.getAttribute("aria-expanded")).toBe("false");
    expect(shown()).toEqual([]);
    button.click();
    expect(button.getAttribute("aria-expanded")).toBe("true");
    expect(shown()).toEqual(["slope", "path", "cover", "space"]);
    const words = picker.element.querySelector("[role=listbox]")?.textContent ?? "";
    for (const said of ["Gradients", "How fast it changes.", "The gradient.", "Newton 1687"]) {
      expect(words).toContain(said);
    }
    const refused = picker.element.querySelector("[aria-disabled=true]") as HTMLElement;
    expect(refused.dataset.value).toBe("space");
    expect(refused.textContent).toContain("It has no <b>layer</b> with space.");
    expect(picker.element.querySelectorAll("[role=group]")).toHaveLength(2);
    expect(picker.element.querySelector("[aria-selected=true]")?.getAttribute("data-value")).toBe("path");
  });

  it("is driven by keys, beginning at what is chosen", () => {
    const { choose, picker, button, press, active, search } = open();
    button.focus();
    press("ArrowDown", button);
    expect(picker.isOpen).toBe(true);
    expect(document.activeElement).toBe(search);
    expect(active()).toBe("path");
    press("ArrowDown");
    expect(active()).toBe("cover");
    press("Home");
    expect(active()).toBe("slope");
    press("ArrowUp");
    expect(active()).toBe("slope");
    press("Enter");
    expect(choose).toHaveBeenCalledExactlyOnceWith("slope");
    expect(picker.isOpen).toBe(false);
    expect(document.activeElement).toBe(button);
  });

  it("finds an entry by words of its name, sentence, author or family", () => {
    const { button, type, shown, active, press, choose } = open();
    button.click();
    type("leibn");
    expect(shown()).toEqual(["path"]);
    type("covering window");
    expect(shown()).toEqual(["cover"]);
    type("zebra");
    expect(shown()).toEqual([]);
    press("Enter");
    expect(choose).not.toHaveBeenCalled();
    type("cover");
    expect(active()).toBe("cover");
    press("Enter");
    expect(choose).toHaveBeenCalledExactlyOnceWith("cover");
  });

  it("does not choose what is refused", () => {
    const { choose, picker, button, press } = open();
    button.click();
    (picker.element.querySelector("[data-value=space]") as HTMLElement).click();
    press("End");
    press("Enter");
    expect(choose).not.toHaveBeenCalled();
    expect(picker.isOpen).toBe(true);
  });

  it("closes with Escape, and when the focus goes elsewhere", () => {
    const { picker, button, press, search } = open();
    button.click();
    press("Escape");
    expect(picker.isOpen).toBe(false);
    expect(document.activeElement).toBe(button);
    button.click();
    search.dispatchEvent(new FocusEvent("focusout", { bubbles: true, relatedTarget: document.body }));
    expect(picker.isOpen).toBe(false);
  });
});
