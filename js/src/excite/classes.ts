import { attribute, button, h, percentage, style, write } from "../shared/dom";
import { predictionValue } from "../shared/explanation/bars";
import { amount, shortNames } from "../shared/explanation/classes_shown";
import { same } from "../shared/same";
import { renewals } from "../shared/signals";
import type { ExciteScene } from "./scene";

/** So few classes are shown all, in their own order: nothing moves about while the picture grows. */
const FEW = 12;

/** What the network says of the picture: a click on a class excites it. */
export function classes({ store, signal }: ExciteScene): HTMLElement {
  const names = shortNames(store.catalogue.classes);
  const title = h("h3");
  const list = h("div", { class: "xai-excite-rows" });
  const renewed = renewals(signal);
  let shown: number[] = [];
  let rows: { element: HTMLElement; bar: HTMLElement; said: HTMLElement }[] = [];
  const build = (): void => {
    const own = renewed();
    rows = shown.map((index) => {
      const bar = h("i", { class: "xai-count-trained" });
      const said = h("span");
      const element = button("", () => store.exciteClass(index), own, { class: "xai-count" });
      element.replaceChildren(h("span", {}, names[index] ?? ""), h("span", {}, bar), said);
      return { element, bar, said };
    });
    list.replaceChildren(...rows.map(({ element }) => element));
  };
  const show = (): void => {
    const { inverts, question } = store;
    const { channel, target } = question;
    const predictions = store.grown.frame?.says[0]?.predictions ?? [];
    const all = names.map((_, index) => index);
    const next = names.length <= FEW ? all : predictions.map(({ index }) => index);
    if (!same(shown, next)) {
      shown = next;
      build();
    }
    const most = Math.max(...predictions.map((one) => Math.abs(amount(one))), Number.MIN_VALUE);
    write(title, store.catalogue.models.length > 1 ? `What ${question.network} says` : "What the network says");
    shown.forEach((index, place) => {
      const row = rows[place];
      if (row === undefined) return;
      const known = predictions.find((one) => one.index === index);
      const share = known?.probability ?? Math.abs(amount(known)) / most;
      style(row.bar, { width: percentage(share) });
      write(row.said, known === undefined ? (predictions.length > 0 ? "< 0.1 %" : "") : predictionValue(known));
      const name = store.catalogue.classes[index] ?? "";
      row.element.title = inverts ? name : `${name}: excite it`;
      attribute(row.element, "aria-label", `${name}: ${row.said.textContent ?? ""}`);
      attribute(row.element, "disabled", inverts);
      attribute(row.element, "aria-pressed", !inverts && channel === null && index === target);
    });
  };
  store.signals.follow(["question", "frames"], show, signal);
  return h("section", { class: "xai-excite-classes", "aria-label": "Classes" }, title, list);
}
