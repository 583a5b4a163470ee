import { h, percentage, style, write } from "../shared/dom";
import { predictionValue } from "../shared/explanation/bars";
import { amount, shortNames } from "../shared/explanation/classes_shown";
import type { ExciteScene } from "./scene";

/** What all networks see in the picture: the class that each thinks of first, and how sure it is. */
export function networks({ store, signal }: ExciteScene): HTMLElement {
  const { models } = store.catalogue;
  const names = shortNames(store.catalogue.classes);
  const title = h("h3", {}, "What other networks see");
  const rows = models.map(() => {
    const name = h("span");
    const bar = h("i", { class: "xai-count-trained" });
    const value = h("span");
    const says = h("span", { class: "xai-excite-says" });
    const row = h("div", { class: "xai-count" }, name, h("span", {}, bar), value);
    return { element: h("div", { class: "xai-excite-network" }, row, says), name, bar, value, says };
  });
  const section = h(
    "section",
    { class: "xai-excite-networks", "aria-label": "Other networks" },
    title,
    h("div", { class: "xai-excite-rows" }, ...rows.map(({ element }) => element)),
  );
  const show = (): void => {
    const { inverts, question, grown } = store;
    const others = (grown.frame?.says ?? []).filter(({ network }) => network !== question.network);
    section.hidden = models.length < 2;
    const asked = !inverts && question.channel === null;
    rows.forEach(({ element, name, bar, value, says }, place) => {
      const other = others[place];
      element.hidden = other === undefined;
      if (other === undefined) return;
      const [top] = other.predictions;
      const goal = asked ? other.predictions.find(({ index }) => index === question.target) : top;
      write(name, other.network);
      name.title = other.network;
      style(bar, { width: percentage(goal?.probability ?? Math.min(1, Math.abs(amount(goal)))) });
      write(value, goal === undefined ? "" : predictionValue(goal));
      write(says, top === undefined ? "" : `sees ${names[top.index] ?? top.name}`);
      says.classList.toggle("xai-excite-another", asked && top?.index !== question.target);
    });
  };
  store.signals.follow(["question", "frames"], show, signal);
  return section;
}
