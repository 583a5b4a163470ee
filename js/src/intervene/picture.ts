import { attribute, h, tell } from "../shared/dom";
import { shortNames } from "../shared/explanation/classes_shown";
import type { InterveneScene } from "./scene";

/** Pictures of at most so many pixels keep their edges where they are made larger. */
const SMALL = 96;

/** The picture whose concepts are told, and what is right of it. */
export function picture({ store, signal }: InterveneScene): HTMLElement {
  const large = h("img", { class: "xai-intervened-picture" });
  const right = h("b");
  const caption = h("figcaption", {}, h("span", { class: "xai-quiet" }, "Right is"), right);
  const names = shortNames(store.catalogue.classes);
  const show = (): void => {
    const { src = "", label = "", width = 0 } = store.catalogue.pictures[store.question.index] ?? {};
    attribute(large, "src", src);
    attribute(large, "alt", label);
    large.classList.toggle("xai-crisp", width <= SMALL);
    caption.hidden = store.right === undefined;
    tell(right, names[store.right ?? -1] ?? "");
  };
  store.signals.follow(["question", "pictures"], show, signal);
  return h("figure", { class: "xai-intervened" }, large, caption);
}
