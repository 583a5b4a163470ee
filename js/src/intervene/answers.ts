import { attribute, button, h, tell, write } from "../shared/dom";
import { shortNames } from "../shared/explanation/classes_shown";
import { chance, score } from "../shared/words";
import { Bars } from "./bars";
import { type InterveneScene, toneOf } from "./scene";
import { classesShown, largest } from "./seen";

/** So many classes are shown. */
const SHOWN = 12;

/** What one model answers, whether that is right, and what it would ask for. */
function line({ store, signal }: InterveneScene, view: number, names: readonly string[]) {
  const model = store.catalogue.models[view] ?? "";
  const [answer, value, verdict] = [h("b"), h("span"), h("span")];
  const members = (): readonly number[] => store.catalogue.groups[store.nextOf(view) ?? -1]?.concepts ?? [];
  const ask = button("", () => store.tellTruth(members()), signal, { class: "xai-asks" });
  const wish = h("span", { class: "xai-quiet" });
  const title =
    model === "" ? [] : [h("span", { class: "xai-told-answer-model" }, h("i", { class: "xai-asks-dot" }), model)];
  const said = h("span", { class: "xai-told-answer-said" }, answer, value, verdict);
  const element = h(
    "div",
    { class: `xai-told-answer ${toneOf(view)}` },
    ...title,
    said,
    h("span", { class: "xai-told-answer-asks" }, ask, wish),
  );
  const show = (): void => {
    const { frame } = store.views[view] ?? {};
    const top = frame && largest(frame.now);
    element.classList.toggle("xai-outdated", store.errors.has(view));
    if (frame === undefined || top === undefined) return;
    write(answer, names[top] ?? "");
    write(value, frame.chances ? chance(frame.now[top] ?? 0) : score(frame.now[top] ?? 0));
    const known = store.right !== undefined;
    tell(verdict, known ? (top === store.right ? "right" : "wrong") : "");
    verdict.className = top === store.right ? "xai-told-verdict xai-is-right" : "xai-told-verdict";
    const next = store.catalogue.groups[store.nextOf(view) ?? -1];
    ask.hidden = next === undefined || !store.knows(next.concepts);
    write(ask, `Ask for ${next?.name ?? ""}`);
    const can =
      next === undefined ? (frame.refusal === "" ? "nothing to ask" : "cannot ask") : `would ask for ${next.name}`;
    tell(wish, ask.hidden ? can : "");
    wish.title = frame.refusal;
  };
  return { element, show };
}

/** What all models answer: a line for each, and a row for each class. */
export function answers(scene: InterveneScene): HTMLElement {
  const { store, signal } = scene;
  const { models, classes } = store.catalogue;
  const names = shortNames(classes);
  const lines = models.map((_, view) => line(scene, view, names));
  const rows = Array.from({ length: Math.min(SHOWN, classes.length) }, () => {
    const bars = new Bars(models.length);
    const [name, value] = [h("span", { class: "xai-class-name" }), h("span", { class: "xai-concept-value" })];
    return { bars, name, value, element: h("li", { class: "xai-class-row" }, name, bars.element, value) };
  });
  const show = (): void => {
    for (const one of lines) one.show();
    const { frames } = store;
    const shown = classesShown(frames, SHOWN, store.right);
    const chances = frames.every((frame) => frame.chances);
    const most = chances ? 1 : Math.max(...frames.flatMap(({ now, before }) => [...now, ...before].map(Math.abs))) || 1;
    rows.forEach(({ bars, name, value, element }, place) => {
      const index = shown[place];
      element.hidden = index === undefined;
      if (index === undefined) return;
      write(name, names[index] ?? "");
      name.title = classes[index] ?? "";
      element.classList.toggle("xai-class-right", index === store.right);
      attribute(
        element,
        "aria-current",
        models.length === 1 && frames[0] !== undefined && largest(frames[0].now) === index ? "true" : undefined,
      );
      store.views.forEach(({ frame }, view) => {
        const [now, before] = [frame?.now[index], frame?.before[index]];
        const changed = Object.keys(store.question.told).length > 0;
        bars.show(
          view,
          now && Math.abs(now) / most,
          changed && before !== undefined ? Math.abs(before) / most : undefined,
        );
      });
      const [only] = frames;
      const amount = only?.now[index];
      write(value, models.length > 1 || amount === undefined ? "" : only?.chances ? chance(amount) : score(amount));
    });
  };
  store.signals.follow(["question", "frames"], show, signal);
  return h(
    "section",
    { class: "xai-told-answers", "aria-label": "Answers" },
    h("div", { class: "xai-told-answer-lines" }, ...lines.map(({ element }) => element)),
    h("ul", { class: "xai-class-rows", "aria-label": "Classes" }, ...rows.map(({ element }) => element)),
  );
}
