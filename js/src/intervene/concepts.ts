import { attribute, button, h, percentage, style, tell, write } from "../shared/dom";
import { score } from "../shared/words";
import { Bars } from "./bars";
import { ConceptSlider, shareWords } from "./concept_slider";
import { type InterveneScene, toneOf } from "./scene";
import { namesWithin } from "./seen";

/** From here on a concept counts as there. */
const HALF = 0.5;

/** One concept: its name, what each model says of it, what is true, and what it is told to be. */
function row({ store, signal }: InterveneScene, concept: number, label: string) {
  const name = store.catalogue.concepts[concept] ?? "";
  const control = new ConceptSlider(store, concept, name, signal);
  const truth = h("i", { class: "xai-concept-truth" });
  const bars = new Bars(store.catalogue.models.length, h("i", { class: "xai-concept-told" }), truth, control.element);
  const told = bars.element.querySelector(".xai-concept-told") as HTMLElement;
  const title = h("span", { class: "xai-concept-title", title: name }, h("span", { class: "xai-concept-name" }, label));
  const value = h("span", { class: "xai-concept-value" });
  const press = (): void =>
    store.toldOf(concept) === undefined ? store.tellTruth([concept]) : store.takeBack([concept]);
  const tells = button("", press, signal, { class: "xai-concept-tells" });
  const element = h("div", { class: "xai-concept-row" }, title, bars.element, value, tells);
  const show = (): void => {
    const [share, true_] = [store.toldOf(concept), store.truthOf(concept)];
    const { models, levels } = store.catalogue;
    const alone = models.length === 1;
    store.views.forEach(({ frame }, view) => {
      const said = frame?.said[concept];
      // Where it is told, the bars are those of what is told, and a mark stays where the model's own ended.
      bars.show(view, share ?? said, share === undefined ? undefined : said);
    });
    const [first] = store.frames;
    const said = first?.said[concept];
    const [no = 0, yes = 1] = levels[0]?.map((values) => values[concept] ?? 0) ?? [];
    const now = share ?? said;
    write(
      value,
      now === undefined ? "" : alone ? score(no + now * (yes - no)) : share === undefined ? "" : shareWords(share),
    );
    control.show(now ?? 0);
    element.classList.toggle("xai-concept-is-told", share !== undefined);
    told.hidden = share === undefined;
    style(told, { left: percentage(share ?? 0) });
    truth.hidden = true_ === undefined;
    style(truth, { left: percentage(true_ ?? 0) });
    const wrong = (one: number | undefined): boolean => one !== undefined && one > HALF !== (true_ ?? 0) > HALF;
    const amiss =
      true_ !== undefined && (share === undefined ? store.frames.some((f) => wrong(f.said[concept])) : wrong(share));
    element.classList.toggle("xai-concept-wrong", amiss);
    element.classList.toggle("xai-concept-true", (true_ ?? 0) > HALF);
    tells.hidden = share === undefined && true_ === undefined;
    write(tells, share === undefined ? (true_ === 1 ? "yes" : true_ === 0 ? "no" : "✓") : "×");
    const words = share === undefined ? `Tell the truth of ${name}: ${shareWords(true_ ?? 0)}` : `Take back ${name}`;
    attribute(tells, "title", words);
    attribute(tells, "aria-label", words);
  };
  return { element, title, show };
}

/** A group of concepts: its name, who would ask for it, and a button that tells the truth of all. */
function group(scene: InterveneScene, number: number) {
  const { store, signal } = scene;
  const { name, concepts: members } = store.catalogue.groups[number] ?? { name: "", concepts: [] };
  const names = members.map((concept) => store.catalogue.concepts[concept] ?? "");
  const bare = names.length === 1 && names[0] === name;
  const labels = namesWithin(name, names);
  const rows = members.map((concept, place) => row(scene, concept, labels[place] ?? ""));
  const asks = store.catalogue.models.map((_, view) => h("i", { class: `xai-asks-dot ${toneOf(view)}` }));
  const asked = h("span", { class: "xai-asked", title: "What is asked for next" }, ...asks, bare ? "next" : "ask next");
  // A concept that is asked for by itself has no heading.
  if (bare) rows[0]?.title.append(asked);
  const press = (): void => (store.isTold(members) ? store.takeBack(members) : store.tellTruth(members));
  const tells = button("", press, signal, { class: "xai-group-tells" });
  const head = h("header", { class: "xai-group-head" }, h("h3", {}, bare ? "" : name), ...(bare ? [] : [asked]), tells);
  const element = h(
    "section",
    { class: bare ? "xai-concept-group xai-concept-alone" : "xai-concept-group", "aria-label": name },
    head,
    ...rows.map((one) => one.element),
  );
  const show = (): void => {
    for (const one of rows) one.show();
    const dots = asks.map((dot, view) => {
      dot.hidden = store.nextOf(view) !== number;
      return !dot.hidden;
    });
    asked.classList.toggle("xai-asked-for", dots.some(Boolean));
    tells.hidden = bare || !store.knows(members);
    write(tells, store.isTold(members) ? "Take back" : "Tell the truth");
    attribute(tells, "aria-label", `${tells.textContent}: ${name}`);
  };
  return { element, show };
}

/** All concepts, in their groups. */
export function concepts(scene: InterveneScene): HTMLElement {
  const { store, signal } = scene;
  const groups = store.catalogue.groups.map((_, number) => group(scene, number));
  const all = store.catalogue.concepts.map((_, concept) => concept);
  const many = h("span", { class: "xai-quiet" });
  const clear = button("Take all back", () => store.takeBack(all), signal);
  const show = (): void => {
    for (const one of groups) one.show();
    const told = Object.keys(store.question.told).length;
    tell(many, told === 0 ? "nothing is told" : `${told} told`);
    clear.disabled = told === 0;
  };
  store.signals.follow(["question", "frames"], show, signal);
  const head = h("header", { class: "xai-intervened-head" }, h("h3", {}, "Concepts"), many, clear);
  return h(
    "section",
    { class: "xai-told-concepts", "aria-label": "Concepts" },
    head,
    h("div", { class: "xai-concept-groups" }, ...groups.map((one) => one.element)),
  );
}
