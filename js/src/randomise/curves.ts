import { Picker } from "../shared/controls/picker";
import { resets } from "../shared/controls/reset";
import { type SliderWords, slider } from "../shared/controls/slider";
import { attribute, h, percentage, style, write } from "../shared/dom";
import { families } from "../shared/explanation/methods";
import { type Band, type Line, Plot } from "../shared/plot";
import type { Likeness } from "../shared/protocol";
import { chance, cut, score } from "../shared/words";
import { kindOf, type RandomiseScene } from "./scene";
import { alikeWords } from "./words";

/** So many letters of a layer's name fit below the slider. */
const LETTERS = 16;

/** From where to where likeness means nothing: that with the edges of the picture, and that of two random networks. */
export function bands(likeness: Likeness | undefined): Band[] {
  const values = (likeness?.nothing ?? []).filter((value) => value !== null);
  return values.length === 0 ? [] : [{ from: Math.min(...values), to: Math.max(...values), words: "means nothing" }];
}

/** The line of one method: from the map of the trained network, which is like itself, all the way down. */
export function line(likeness: Likeness | undefined, place: number, depth: number, deepest: number): Line {
  const y = [1, ...(likeness?.means ?? []).map((mean) => mean ?? Number.NaN)];
  return {
    kind: kindOf(place),
    x: y.map((_, at) => at / deepest),
    y,
    errors: [0, ...(likeness?.errors ?? []).map((error) => error ?? 0)],
    dot: { x: depth / deepest, y: y[depth] ?? Number.NaN },
  };
}

/** The curves of all methods, and under them, along the same scale, the slider that resets. */
export function curves({ store, signal }: RandomiseScene): HTMLElement {
  const deepest = store.catalogue.depths.length;
  const handlers = {
    hold: (held: boolean) => store.hold("depth", held),
    move: (value: unknown) => {
      if (value !== store.question.depth) store.move({ depth: Number(value) });
    },
    settle: () => store.settle(),
  };
  const plot = new Plot({ ...handlers, move: (x) => handlers.move(Math.round(deepest * x)) }, signal);
  const words: SliderWords = {
    label: "Reset",
    sentence: "How many layers have forgotten what they learnt, from the top down.",
    text: (value) => `reset ${value} of ${deepest}`,
    spoken: (value) => store.resetAt(value),
  };
  const scale = { low: 0, high: deepest, step: 1, doublings: false, whole: true };
  const control = slider(scale, words, handlers, signal);
  resets(control.element, handlers, () => 0, signal);
  const names = Array.from({ length: deepest + 1 }, (_, depth) => {
    const name = h("span", {}, cut(store.depthName(depth), LETTERS));
    style(name, { left: percentage(depth / deepest) });
    return name;
  });
  const add = new Picker("Add a method", (name) => store.addCell(name), signal, "+ Method");
  const offer = (): void => add.show(families(store.catalogue, store.refusals), "");
  const ofWhich = h("span");
  const sentence = "As alike are the map and the edges of the picture, and the maps of two random networks.";
  const nothing = h("p", { class: "xai-nothing", title: sentence }, h("i"), ofWhich);
  const says = h("b");
  const share = h("span");
  const answer = h("p", { class: "xai-says", role: "status" }, h("span", {}, "the network says"), says, share);

  const showAnswer = (): void => {
    const said = store.views.find(({ frame }) => frame !== undefined)?.frame?.says;
    answer.hidden = said === undefined;
    if (said === undefined) return;
    write(says, said.name);
    says.title = said.name;
    const { probability, value } = said;
    write(share, typeof probability === "number" ? chance(probability) : score(value ?? 0));
  };
  const show = (): void => {
    const { depth, order, measure } = store.question;
    control.show(depth);
    add.element.hidden = store.cells.length >= store.catalogue.most;
    names.forEach((name, place) => {
      const reset = order === "cascading" ? place <= depth : place === depth;
      name.classList.toggle("xai-is-reset", reset && place > 0);
      attribute(name, "aria-current", place === depth);
      name.title = store.resetAt(place);
    });
    showAnswer();
    // What was found in another order says nothing of this one.
    const all = store.views.map(({ frame, header }) =>
      header?.state.order === order ? frame?.likeness[measure] : undefined,
    );
    const option = store.catalogue.randomise.find(({ name }) => name === "measure");
    const label = "likeness with the trained map";
    const drawn = all.map((likeness, place) => line(likeness, place, depth, deepest));
    // Each method has its own: what one says of nothing is nothing that another says.
    const { focus } = store.question;
    const grey = bands(all[focus]);
    nothing.hidden = grey.length === 0;
    write(ofWhich, `means nothing for ${store.views[focus]?.header?.title ?? ""}`);
    plot.show(label, drawn, depth / deepest, grey);
    const each = store.views.map(({ header }, place) => `${header?.title ?? ""} ${alikeWords(all[place], depth)}`);
    attribute(
      plot.element,
      "aria-label",
      `${label}, ${option?.labels[measure] ?? measure}. ${store.resetAt(depth)}: ${each.join(", ")}.`,
    );
  };
  store.signals.follow(["offer"], offer, signal);
  store.signals.follow(["question", "frames"], show, signal);
  return h(
    "section",
    { class: "xai-likeness", "aria-label": "Likeness while layers are reset" },
    plot.element,
    h("div", { class: "xai-told" }, answer, nothing),
    h("div", { class: "xai-along" }, control.element),
    add.element,
    h("div", { class: "xai-depths", "aria-hidden": true }, ...names),
  );
}
