import { h, style, write } from "../shared/dom";
import { number, score } from "../shared/words";
import { WAYS, type WithoutScene } from "./scene";
import { tellingOnly } from "./seen";

interface Cell {
  readonly element: HTMLElement;
  readonly track: HTMLElement;
  readonly fill: HTMLElement;
  readonly value: HTMLElement;
}

/** A bar with its number. */
function cell(way: string): Cell {
  const fill = h("i", { class: `xai-absence-fill xai-absence-${way}` });
  const value = h("span", { class: "xai-absence-value" });
  const track = h("span", { class: "xai-absence-track" }, fill, value);
  return { element: h("td", {}, track), track, fill, value };
}

/** What each column brings, in three ways beside each other, on one scale. */
export function bars({ store, signal }: WithoutScene): HTMLElement {
  const columns = store.catalogue.columns ?? [];
  const heads = WAYS.map(({ name, words }) =>
    h("th", { scope: "col", class: `xai-absence-${name}` }, h("b", {}, name), h("span", {}, words)),
  );
  const rows = columns.map((name) => {
    const own = h("td", { class: "xai-absence-own" });
    const cells = WAYS.map((way) => cell(way.name));
    const head = h("th", { scope: "row", title: name }, name);
    return { element: h("tr", {}, head, own, ...cells.map(({ element }) => element)), own, cells };
  });
  const sums = WAYS.map(() => cell("sum"));
  const note = h("p", { class: "xai-absence-note", role: "status" });
  const show = (): void => {
    const { frame, header } = store.seen;
    if (frame === undefined || header === undefined) return;
    const { largest } = store;
    rows.forEach(({ element, own, cells }, column) => {
      write(own, number(header.row[column] ?? 0));
      const pair = column === header.state.first || column === header.state.second;
      element.classList.toggle("xai-absence-pair", pair);
      cells.forEach(({ track, fill, value, element: place }, way) => {
        const found = frame.values[way]?.[column] ?? 0;
        const error = frame.errors[way]?.[column] ?? 0;
        // What is a rounding error of the largest is 0, and has no sign.
        const shown = Math.abs(found) < 1e-5 * largest ? 0 : found;
        const length = largest === 0 ? 0 : Math.abs(shown) / largest / 2;
        style(fill, {
          left: `${(100 * (shown < 0 ? 0.5 - length : 0.5)).toFixed(2)}%`,
          width: `${(100 * length).toFixed(2)}%`,
        });
        track.classList.toggle("xai-absence-falls", shown < 0);
        write(value, score(shown).replace(/^−(0\.00)$/, "$1"));
        const sure = error > 0 ? ` ± ${number(error)}` : "";
        place.title = `${columns[column]}, ${WAYS[way]?.name}: ${number(shown, 3)}${sure}`;
      });
    });
    sums.forEach(({ track, value }, way) => {
      const sum = (frame.values[way] ?? []).reduce((all, one) => all + one, 0);
      track.classList.toggle("xai-absence-falls", sum < 0);
      write(value, score(sum));
    });
    const [told] = tellingOnly(frame.values);
    const value = told === undefined ? 0 : (frame.values[2]?.[told] ?? 0);
    write(
      note,
      told === undefined
        ? ""
        : `${columns[told]}: nothing marginally, ${score(value)} conditionally. It tells what others are likely to be.`,
    );
  };
  store.signals.follow(["frames"], show, signal);
  const head = h("thead", {}, h("tr", {}, h("td"), h("td"), ...heads));
  const last = h(
    "tr",
    { class: "xai-absence-sum" },
    h("th", { scope: "row" }, "sum"),
    h("td"),
    ...sums.map(({ element }) => element),
  );
  const table = h(
    "table",
    { class: "xai-absence-table" },
    head,
    h("tbody", {}, ...rows.map(({ element }) => element), last),
  );
  return h("section", { class: "xai-absence-bars", "aria-label": "What each column brings" }, table, note);
}
