import { h } from "../shared/dom";
import { targetMenu } from "../shared/explanation/classes";
import type { RankScene } from "./scene";

/** The line on top: which map is right about which class. */
export function sentence({ store, signal }: RankScene): HTMLElement {
  const target = targetMenu({ store, signal });
  const part = h("span", { class: "xai-part" }, h("span", {}, "Which method explains best why"), target.element);
  const show = (): void => target.show(store.question.target, "the top class", [], null);
  store.signals.follow(["question"], show, signal);
  return h("div", { class: "xai-sentence" }, part);
}
