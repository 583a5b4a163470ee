import { segments } from "../shared/controls/segments";
import { slider } from "../shared/controls/slider";
import { attribute, button, h, on, style, write } from "../shared/dom";
import { same } from "../shared/same";
import { renewals } from "../shared/signals";
import { cut, score } from "../shared/words";
import type { RepresentScene } from "./scene";

/** So many columns stand with their numbers; those of more are told on demand. */
const MOST_NUMBERED = 9;
const MOST_LETTERS = 12;

const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
};

/** All pairs of layers: the darker, the more alike. */
export function matrix(scene: RepresentScene): HTMLElement {
  const { store, signal } = scene;
  const cells = h("div", { class: "xai-layer-pairs", role: "group", "aria-label": "Pairs of layers" });
  const across = h("span", { class: "xai-quiet" });
  const warning = h("p", { class: "xai-layer-pairs-warning", role: "note" });
  const renewed = renewals(signal);
  let names: readonly (readonly string[])[] = [];
  let built: HTMLButtonElement[][] = [];
  const build = ([rows = [], columns = []]: readonly (readonly string[])[]): void => {
    const own = renewed();
    built = rows.map((_, row) =>
      columns.map((_, column) => button("", () => store.open(row, column), own, { class: "xai-layer-pair" })),
    );
    const heads = columns.map((name) =>
      h("span", { class: "xai-layer-pair-column", title: name }, cut(name, MOST_LETTERS)),
    );
    const lines = built.flatMap((line, row) => {
      const name = rows[row] ?? "";
      return [h("span", { class: "xai-layer-pair-row", title: name }, cut(name, MOST_LETTERS)), ...line];
    });
    cells.replaceChildren(...lines, h("span"), ...heads);
    style(cells, { "--columns": columns.length });
    cells.classList.toggle("xai-layer-pairs-many", columns.length > MOST_NUMBERED);
  };
  const show = (): void => {
    const { frame, header } = store.seen;
    if (frame === undefined || header === undefined) return;
    const now = [header.rows, header.columns];
    if (!same(names, now)) {
      names = now;
      build(now);
    }
    const values = store.shuffled ? frame.independent : frame.matrix;
    const [opened, beside] = store.cell;
    built.forEach((line, row) => {
      line.forEach((cell, column) => {
        const value = values[row]?.[column] ?? null;
        const error = store.shuffled ? null : (frame.errors[row]?.[column] ?? null);
        const said = value === null ? "not known" : `${score(value)}${error === null ? "" : ` ± ${score(error)}`}`;
        const isOpen = row === opened && column === beside;
        write(cell, value === null ? "–" : score(value));
        cell.title = `${header.rows[row]} and ${header.columns[column]}: ${said}`;
        attribute(cell, "aria-label", cell.title);
        attribute(cell, "aria-pressed", isOpen);
        // One of them is reached by the tab key, the others by the arrows.
        cell.tabIndex = isOpen || (opened < 0 && row + column === 0) ? 0 : -1;
        style(cell, { "--alike": Math.min(1, Math.max(0, value ?? 0)).toFixed(3) });
      });
    });
    const { one, other } = header.state;
    write(across, one === "" ? "" : `down: ${one}, across: ${other}`);
    warning.hidden = frame.warning === "" && !store.shuffled;
    const words = frame.warning.replace(/^./, (letter) => letter.toUpperCase());
    const chance = "What the index says where pictures are shuffled, and there is nothing to find.";
    write(warning, store.shuffled ? chance : `${words}.`);
  };
  on(cells, "keydown", signal, (event) => {
    const step = STEPS[event.key];
    const [row, column] = store.cell;
    const next = step === undefined ? undefined : built[row + step[0]]?.[column + step[1]];
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    next.click();
    next.focus();
  });
  const which = segments(
    { label: "Pictures", sentence: "What the same index says of shuffled pictures: chance", hidden: true },
    [
      { value: "these", label: "These pictures" },
      { value: "shuffled", label: "Shuffled" },
    ],
    { move: (value) => store.shuffle(value === "shuffled"), settle: () => undefined },
    signal,
  );
  store.signals.follow(["question", "frames", "display"], show, signal);
  store.signals.follow(["display"], () => which.show(store.shuffled ? "shuffled" : "these"), signal);
  const head = h("div", { class: "xai-layer-pairs-head" }, across, which.element);
  return h("section", { class: "xai-layer-pairs-section", "aria-label": "Layers by layers" }, head, cells, warning);
}

/** The slider through the networks, such as the steps of a training; undefined where there are two or fewer. */
export function networkSlider({ store, signal }: RepresentScene): HTMLElement | undefined {
  const { networks } = store.catalogue;
  if (networks.length < 3) return undefined;
  const name = (value: number): string => networks[value] ?? "";
  const control = slider(
    { low: 0, high: networks.length - 1, step: 1, doublings: false, whole: true },
    { label: "Across", sentence: "Whose layers are the columns", text: name, spoken: name },
    {
      hold: (held) => store.hold("other", held),
      move: (value) => store.move({ other: name(Number(value)) }),
      settle: () => store.settle(),
    },
    signal,
  );
  store.signals.follow(["question"], () => control.show(networks.indexOf(store.question.other)), signal);
  return control.element;
}
