import { h, write } from "../dom";
import type { Difference, Fact } from "../protocol";
import { count, difference, number, percent } from "../words";
import { Curve } from "./curve";
import type { StoreScene } from "./scene";
import type { Store } from "./store";
import type { Frame } from "./view_state";

export const KERNEL_WORDS = {
  live: "",
  busy: "the kernel is busy",
  silent: "the kernel does not answer: if it stays so, run the cell again",
  gone: "the kernel is gone: run the cell again",
};

/** What there is to say of several frames at once: of each number the one that promises least. */
export interface Summary {
  evaluations: number;
  planned: number;
  gap: number | null;
  absoluteGap: number | null;
  change: number | null;
  difference: Difference | null;
  facts: readonly Fact[];
  stopped: boolean;
}

function largest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** What is to be known of several maps: the same once, and where they differ what holds of each. */
function facts(frames: readonly Frame[]): Fact[] {
  const all = frames.flatMap(({ facts: own = [] }) => own);
  return [...new Set(all.map(({ label }) => label))].map((label) => {
    const same = all.filter((fact) => fact.label === label);
    const value = [...new Set(same.map((fact) => fact.value))].join(" / ");
    return { label, value, sentence: same[0]?.sentence ?? "" };
  });
}

export function summary(frames: readonly Frame[]): Summary {
  const slowest = frames.reduce<Frame | undefined>(
    (slow, frame) =>
      slow === undefined || frame.evaluations / frame.planned < slow.evaluations / slow.planned ? frame : slow,
    undefined,
  );
  const differences = frames.flatMap((frame) => (frame.difference === null ? [] : [frame.difference]));
  return {
    evaluations: slowest?.evaluations ?? 0,
    planned: slowest?.planned ?? 0,
    gap: largest(frames.map(({ gap }) => gap)),
    absoluteGap: largest(frames.map(({ absolute_gap }) => absolute_gap)),
    change: largest(frames.map(({ change }) => change)),
    difference:
      differences.length === 0
        ? null
        : {
            largest: Math.max(...differences.map((entry) => entry.largest)),
            relative: largest(differences.map(({ relative }) => relative)),
          },
    facts: facts(frames),
    stopped: frames.some(({ stopped }) => stopped),
  };
}

/** The passes that were spent, and those that are planned: of several methods all, of several models the slowest. */
function costs(store: Store): Pick<Summary, "evaluations" | "planned"> {
  const frames = store.current.flatMap(({ frame }) => (frame === undefined ? [] : [frame]));
  if (store.shownCells === 1) return summary(frames);
  const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
  return {
    evaluations: sum(frames.map(({ evaluations }) => evaluations)),
    planned: sum(frames.map(({ planned }) => planned)),
  };
}

/** The gap in words: relative, or where that means nothing, absolute. */
export function gapWords({ gap, absoluteGap }: Pick<Summary, "gap" | "absoluteGap">): string {
  if (gap !== null) return percent(gap);
  return absoluteGap === null ? "" : number(absoluteGap);
}

/** What a screen reader says when a picture is finished. */
export function spokenResult(store: Store): string {
  const frames = store.current.flatMap(({ frame }) => (frame === undefined ? [] : [frame]));
  const total = summary(frames);
  const header = store.current[0]?.header;
  if (header === undefined) return "";
  if (store.shownCells > 1) return `${store.shownCells} methods of ${header.quantity}, all finished.`;
  const method = store.catalogue.methods.find(({ name }) => name === header.state.method);
  const parts = [
    `${method?.label ?? ""} of ${header.quantity}`,
    `${total.stopped ? "stopped after" : "finished after"} ${count(total.evaluations, "pass", "passes")}`,
  ];
  const gap = gapWords(total);
  if (gap !== "") parts.push(`gap ${gap}`);
  for (const { label, value } of total.facts) parts.push(`${label} ${value}`);
  if (total.difference !== null) parts.push(difference(total.difference));
  return `${parts.join(", ")}.`;
}

/** The line below: what the picture cost, how good it is, how far the models differ, and a button to stop. */
export function readout({ store, signal }: StoreScene): HTMLElement {
  const fill = h("span");
  const progress = h(
    "div",
    { class: "xai-progress", role: "progressbar", "aria-label": "Passes", "aria-valuemin": 0 },
    fill,
  );
  const spent = h("b");
  const planned = h("span");
  const passes = h("span", { class: "xai-fact" }, spent, planned);
  const fact = (label: string, title: string): { element: HTMLElement; value: HTMLElement } => {
    const value = h("b");
    return { element: h("span", { class: "xai-fact", title, hidden: true }, `${label} `, value), value };
  };
  const gap = fact("gap", "How far the map is from adding up to the change of the score it explains.");
  const change = fact("last change", "How much the last refinement changed the map.");
  const curve = new Curve(store.catalogue.models.length);
  const method = h("span", { class: "xai-of", hidden: true });
  const apart = h("span", { class: "xai-apart" });
  const kernel = h("span", { class: "xai-kernel", role: "status" });
  const spoken = h("span", { class: "xai-spoken", role: "status" });
  const stop = h("button", { type: "button", disabled: true }, "Stop");
  stop.addEventListener("click", () => store.stop(), { signal });
  let said = "";

  const more = h("span", { class: "xai-more-facts" });
  const rows: { element: HTMLElement; label: Text; value: HTMLElement }[] = [];
  const showFacts = (found: readonly Fact[]): void => {
    while (rows.length < found.length) {
      const label = document.createTextNode("");
      const value = h("b");
      const element = h("span", { class: "xai-fact" });
      element.append(label, value);
      rows.push({ element, label, value });
      more.append(element);
    }
    rows.forEach(({ element, label, value }, place) => {
      const known = found[place];
      element.hidden = known === undefined;
      if (known === undefined) return;
      element.title = known.sentence;
      if (label.data !== `${known.label} `) label.data = `${known.label} `;
      write(value, known.value);
    });
    more.hidden = found.length === 0;
  };

  const show = (): void => {
    const { current, running } = store;
    const focused = store.shownCells > 1 ? store.focused : current;
    const frames = focused.flatMap(({ frame }) => (frame === undefined ? [] : [frame]));
    const total = { ...summary(frames), ...costs(store) };
    const fraction = total.planned === 0 ? 0 : Math.min(1, total.evaluations / total.planned);
    method.hidden = store.shownCells < 2 || frames.length === 0;
    write(method, method.hidden ? "" : `${focused[0]?.header?.title ?? ""}:`);
    fill.style.width = `${(100 * fraction).toFixed(1)}%`;
    progress.classList.toggle("xai-running", running);
    progress.setAttribute("aria-valuemax", String(total.planned));
    progress.setAttribute("aria-valuenow", String(total.evaluations));
    progress.setAttribute("aria-valuetext", `${total.evaluations} of ${count(total.planned, "pass", "passes")}`);
    passes.hidden = current.length === 0;
    write(spent, String(total.evaluations));
    write(planned, ` of ${count(total.planned, "pass", "passes")}${total.stopped ? ", stopped" : ""}`);
    const gapText = gapWords(total);
    gap.element.hidden = gapText === "";
    write(gap.value, gapText);
    change.element.hidden = total.change === null;
    write(change.value, total.change === null ? "" : percent(total.change));
    showFacts(total.facts);
    curve.element.hidden = focused.every(({ points }) => points.length < 3);
    curve.show(focused.map(({ points, frame }) => ({ points, planned: frame?.planned ?? 1 })));
    write(apart, total.difference === null ? "" : difference(total.difference));
    stop.disabled = !running;
    if (!running && current.length === store.views.length) {
      const words = spokenResult(store);
      if (words !== said) write(spoken, words);
      said = words;
    }
  };
  const showKernel = (): void => {
    const words = store.saved && store.status !== "live" ? "saved picture: run the cell to make it live" : "";
    write(kernel, words || (store.searching ? "searching before the first picture …" : KERNEL_WORDS[store.status]));
  };
  store.signals.on("frames", show, signal);
  store.signals.on("status", showKernel, signal);
  show();
  showKernel();
  return h(
    "footer",
    { class: "xai-readout" },
    h(
      "div",
      { class: "xai-facts" },
      progress,
      passes,
      method,
      gap.element,
      change.element,
      more,
      curve.element,
      kernel,
      apart,
    ),
    stop,
    spoken,
  );
}
