import { attribute, button, h, percentage, style, write } from "../shared/dom";
import { score } from "../shared/words";
import type { UnitsScene } from "./scene";

/** Of how many units each concept is the best, beside the same network before it learnt anything. */
export function concepts({ store, signal }: UnitsScene): HTMLElement {
  const { concepts: names } = store.catalogue;
  const note = h("p", { class: "xai-quiet" });
  const rows = names.map((name) => {
    const trained = h("i", { class: "xai-count-trained" });
    const untrained = h("i", { class: "xai-count-untrained" });
    const said = h("span", { class: "xai-count-said" });
    const element = button("", () => store.setFormula([["", name]]), signal, { class: "xai-count" });
    element.replaceChildren(h("span", { class: "xai-count-name" }, name), h("span", {}, trained, untrained), said);
    return { element, trained, untrained, said, name };
  });
  const show = (): void => {
    const { frame } = store.seen;
    if (frame === undefined) return;
    const most = Math.max(1, ...frame.concepts.flatMap((row) => [row.trained, row.untrained ?? 0]));
    rows.forEach(({ element, trained, untrained, said, name }, place) => {
      const row = frame.concepts[place];
      const before = row?.untrained ?? null;
      element.hidden = (row?.trained ?? 0) === 0 && (before ?? 0) === 0;
      style(trained, { width: percentage((row?.trained ?? 0) / most) });
      style(untrained, { width: percentage((before ?? 0) / most) });
      write(said, `${row?.trained ?? 0}`);
      element.title = `${name}: the best concept of ${row?.trained ?? 0} units${before === null ? "" : `, of ${before} before training`}. Compares the unit with it.`;
      attribute(element, "aria-label", element.title);
    });
    write(
      note,
      frame.untrained === null
        ? `mean of the best ${score(frame.mean)}`
        : `mean of the best ${score(frame.mean)}, before training ${score(frame.untrained)}`,
    );
  };
  store.signals.follow(["frames"], show, signal);
  const key = h(
    "p",
    { class: "xai-count-key" },
    h("i", { class: "xai-count-trained" }),
    "trained",
    h("i", { class: "xai-count-untrained" }),
    "before training",
  );
  return h(
    "section",
    { class: "xai-units-concepts", "aria-label": "Best concepts" },
    h("h3", {}, "Units by their best concept"),
    ...rows.map(({ element }) => element),
    key,
    note,
  );
}
