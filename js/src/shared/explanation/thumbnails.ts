import { h, on, uniqueId } from "../dom";
import type { AddedEntry } from "../protocol";
import type { LiveScene } from "./scene";

/** The strip of pictures to choose from, `end` stands behind them; undefined where there is but one and no end. */
export function thumbnails({ store, signal }: LiveScene, end?: HTMLElement): HTMLElement | undefined {
  if (store.catalogue.pictures.length < 2 && end === undefined) return undefined;
  const name = uniqueId("pictures");
  const group = h("div", { class: "xai-strip", role: "radiogroup", "aria-label": "Picture" });
  const strip = h("div", { class: "xai-thumbnails" }, group, ...(end === undefined ? [] : [end]));
  let inputs: HTMLInputElement[] = [];
  const build = (): void => {
    const { pictures } = store.catalogue;
    const focused = inputs.some((input) => input === document.activeElement);
    inputs = pictures.map((_, index) => h("input", { type: "radio", name, value: index }));
    const labels = pictures.map((picture, index) => {
      const { label, src, width, values } = picture;
      const { remark, away = false } = picture as Partial<AddedEntry>;
      return h(
        "label",
        { title: remark ? `${label}: ${remark}` : label, hidden: away },
        inputs[index] as HTMLInputElement,
        values === undefined
          ? h("img", { src, alt: label || `picture ${index + 1}`, class: width < 64 ? "xai-crisp" : undefined })
          : h("span", { class: "xai-row-number" }, h("span", { class: "xai-spoken" }, label), String(index + 1)),
      );
    });
    group.replaceChildren(...labels);
    show();
    if (focused) inputs[store.question.index]?.focus();
  };
  const show = (): void => {
    inputs.forEach((input, index) => {
      input.checked = index === store.question.index;
    });
  };
  on(strip, "change", signal, () => {
    const index = inputs.findIndex((input) => input.checked);
    if (index >= 0 && index !== store.question.index) store.choose({ index });
  });
  store.signals.on("question", show, signal);
  const grow = (): void => {
    build();
    if (store.question.index === inputs.length - 1) strip.scrollTo(strip.scrollWidth, strip.scrollHeight);
  };
  store.signals.on("pictures", grow, signal);
  build();
  return strip;
}
