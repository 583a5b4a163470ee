import { h, write } from "../dom";
import type { Difference, Fact } from "../protocol";
import { apartWords, count, difference, number, percent } from "../words";
import { Curve } from "./curve";
import { ProgressLine } from "./progress_line";
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
  /** Whether all of them are exact: nothing more could be computed. */
  exact: boolean;
  /** How far they may be off, as a part of their largest value. */
  within: number | null;
}

/** What is not said of maps that are hidden: anything that follows from their values. */
const UNTOLD = { gap: null, absoluteGap: null, change: null, difference: null, facts: [], within: null };

function largest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

const NO_FACT: Fact = { label: "", value: "", sentence: "" };

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
  const differences = frames.flatMap((frame) => frame.difference ?? []);
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
    exact: frames.length > 0 && frames.every(({ exact }) => exact === true),
    within: largest(frames.map(({ within }) => within ?? null)),
  };
}

/** The passes that were spent, and those that are planned: of several methods all, of several models the slowest. */
function costs(store: Store): Pick<Summary, "evaluations" | "planned"> {
  const frames = store.current.flatMap(({ frame }) => frame ?? []);
  if (store.shownCells === 1) {
    const { evaluations, planned } = summary(frames);
    return { evaluations, planned };
  }
  return frames.reduce(
    (all, one) => ({ evaluations: all.evaluations + one.evaluations, planned: all.planned + one.planned }),
    { evaluations: 0, planned: 0 },
  );
}

/** The gap in words: relative, or where that means nothing, absolute. */
export function gapWords({ gap, absoluteGap }: Pick<Summary, "gap" | "absoluteGap">): string {
  if (gap !== null) return percent(gap);
  return absoluteGap === null ? "" : number(absoluteGap);
}

/** What a screen reader says when a picture is finished. */
export function spokenResult(store: Store): string {
  const frames = store.current.flatMap(({ frame }) => frame ?? []);
  const total = summary(frames);
  const header = store.current[0]?.header;
  if (header === undefined) return "";
  if (store.shownCells > 1) return `${store.shownCells} methods of ${header.quantity}, all finished.`;
  const method = store.methodNamed(header.state.method);
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

/** How good the picture is, in words that a listener understands; the figures stand below it on demand. */
export function stateWords({ evaluations, planned, stopped, exact, within }: Summary, running: boolean): string {
  if (stopped) return `stopped at ${evaluations} of ${planned}`;
  if (exact) return "exact";
  const close = within === null ? "" : `within ${percent(within)}`;
  if (running) return close === "" ? "still improving" : `still improving: ${close}`;
  return close || "finished";
}

/** The line below: how good the picture is, how far the models differ, and on demand the figures. */
export function readout({ store, signal }: StoreScene): HTMLElement {
  const passes = h("span", { class: "xai-fact" });
  const fact = (name = "", title = "") => {
    const label = h("span", {}, `${name} `);
    const value = h("b");
    return { element: h("span", { class: "xai-fact", title, hidden: true }, label, value), label, value };
  };
  const gap = fact("gap", "How far the map is from adding up to what it explains.");
  const change = fact("last change", "How much the last refinement changed the map.");
  const curve = new Curve(store.catalogue.models.length);
  const method = h("span", { class: "xai-of", hidden: true });
  const far = h("span", { class: "xai-fact" });
  const apart = h("span", { class: "xai-apart" });
  const more = h("span", { class: "xai-more-facts" });
  const showFact = ({ element, value }: ReturnType<typeof fact>, words: string): void => {
    element.hidden = words === "";
    write(value, words);
  };
  const rows: ReturnType<typeof fact>[] = [];
  const showFacts = (found: readonly Fact[]): void => {
    while (rows.length < found.length) {
      const row = fact();
      rows.push(row);
      more.append(row.element);
    }
    rows.forEach((row, place) => {
      const { label, value, sentence } = found[place] ?? NO_FACT;
      row.element.title = sentence;
      write(row.label, `${label} `);
      showFact(row, value);
    });
    more.hidden = found.length === 0;
  };
  const line = new ProgressLine(
    { store, signal },
    [apart],
    [method, passes, gap.element, change.element, more, curve.element, far],
  );

  const show = (): void => {
    const { current, running } = store;
    const several = store.shownCells > 1;
    const focused = several ? store.focused : current;
    const frames = focused.flatMap(({ frame }) => frame ?? []);
    const own = store.hidden ? { ...summary(frames), ...UNTOLD } : summary(frames);
    const total = { ...own, ...costs(store) };
    const failed = store.error !== null && !running;
    const words = failed ? "failed" : several && running ? "still improving" : stateWords(own, running);
    line.show({ ...total, words: frames.length === 0 && !failed ? "" : words });
    method.hidden = !several || frames.length === 0;
    write(method, method.hidden ? "" : `${focused[0]?.header?.title ?? ""}:`);
    passes.hidden = current.length === 0;
    write(passes, `${total.evaluations} of ${count(total.planned, "pass", "passes")}`);
    showFact(gap, gapWords(total));
    // What is exact has nothing left to change: its last step says nothing of how good it is.
    showFact(change, total.change === null || total.exact ? "" : percent(total.change));
    showFacts(total.facts);
    const followed = store.hidden ? [] : focused;
    curve.element.hidden = followed.every(({ points }) => points.length < 3);
    curve.show(followed.map(({ points, frame }) => ({ points, planned: frame?.planned ?? 1 })));
    write(apart, total.difference === null ? "" : apartWords(total.difference));
    write(far, total.difference === null ? "" : difference(total.difference));
    if (!running && !store.hidden && current.length === store.views.length) line.speak(spokenResult(store));
  };
  store.signals.follow(["frames", "display"], show, signal);
  return line.element;
}
