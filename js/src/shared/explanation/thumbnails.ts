import { h, uniqueId } from "../dom";
import type { LiveScene } from "./scene";

/** The strip of pictures to choose from; undefined where there is but one. */
export function thumbnails({ store, signal }: LiveScene): HTMLElement | undefined {
  const { pictures } = store.catalogue;
  if (pictures.length < 2) return undefined;
  const name = uniqueId("pictures");
  const inputs = pictures.map((_, index) => h("input", { type: "radio", name, value: index }));
  const strip = h(
    "div",
    { class: "xai-thumbnails", role: "radiogroup", "aria-label": "Picture" },
    ...pictures.map(({ label, src, width, values }, index) =>
      h(
        "label",
        { title: label },
        inputs[index] as HTMLInputElement,
        values === undefined
          ? h("img", { src, alt: label || `picture ${index + 1}`, class: width < 64 ? "xai-crisp" : undefined })
          : h("span", { class: "xai-row-number" }, h("span", { class: "xai-spoken" }, label), String(index + 1)),
      ),
    ),
  );
  strip.addEventListener(
    "change",
    () => {
      const index = inputs.findIndex((input) => input.checked);
      if (index >= 0) store.choose({ index });
    },
    { signal },
  );
  const show = (): void => {
    inputs.forEach((input, index) => {
      input.checked = index === store.question.index;
    });
  };
  store.signals.on("question", show, signal);
  show();
  return strip;
}
