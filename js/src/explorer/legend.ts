import { h, write } from "../shared/dom";
import { colormapNamed, gradient } from "../shared/pixels/colormap";
import { scaled } from "../shared/pixels/sign";
import { number } from "../shared/words";
import type { Picture } from "./picture";
import type { Scene } from "./scene";

/** The words below the two ends of the colour scale, and in the middle. */
export function ends(limit: number, sign: string): [string, string, string] {
  if (sign === "both") return [`against ${number(-limit)}`, "0", `for ${number(limit)}`];
  return ["0", "", `${sign === "positive" ? "for" : "size"} ${number(limit)}`];
}

/** What the colours mean. Each map has a scale of its own: models that differ get a line each. */
export function legend(scene: Scene, pictures: readonly Picture[]): HTMLElement {
  const { store, easel, signal } = scene;
  const marks = pictures.map(() => h("i", { hidden: true }));
  const bar = h("div", { class: "xai-gradient", "aria-hidden": true }, ...marks);
  const lines = pictures.map(() => ({ name: h("b"), words: [h("span"), h("span"), h("span")] as const }));
  const rows = lines.map(({ name, words }) => h("div", { class: "xai-ends" }, name, h("div", {}, ...words)));
  const element = h("div", { class: "xai-legend", role: "group", "aria-label": "Colour scale" }, bar, ...rows);
  let drawn = "";

  const point = (): void => {
    const { sign } = store.display;
    pictures.forEach(({ value }, view) => {
      const mark = marks[view] as HTMLElement;
      const limit = easel.sheet(view)?.drawing.limit;
      mark.hidden = value === null || limit === undefined;
      if (value === null || limit === undefined) return;
      const t = scaled(value, limit, sign);
      mark.style.left = `${100 * (sign === "both" ? (t + 1) / 2 : t)}%`;
    });
  };
  const show = (): void => {
    const { colormap, sign } = store.display;
    if (drawn !== `${colormap} ${sign}`) {
      drawn = `${colormap} ${sign}`;
      bar.style.background = gradient(colormapNamed(colormap), sign);
    }
    const texts = lines.map((_, view) => {
      const limit = easel.sheet(view)?.drawing.limit;
      return limit === undefined ? undefined : ends(limit, sign);
    });
    const differ = new Set(texts.map((text) => text?.join())).size > 1;
    lines.forEach(({ name, words }, view) => {
      const text = texts[view];
      (rows[view] as HTMLElement).hidden = text === undefined || (view > 0 && !differ);
      write(name, differ ? (store.catalogue.models[view] ?? "") : "");
      words.forEach((word, place) => {
        write(word, text?.[place] ?? "");
      });
    });
    point();
  };
  store.signals.on("frames", show, signal);
  store.signals.on("display", show, signal);
  scene.onPointed(point);
  show();
  return element;
}
