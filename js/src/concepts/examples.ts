import { slider } from "../shared/controls/slider";
import { attribute, button, h, write } from "../shared/dom";
import { same } from "../shared/same";
import { renewals } from "../shared/signals";
import type { ConceptScene } from "./scene";

/** Pictures of fewer pixels keep their edges where they are made larger. */
const SMALL = 64;

/** The pictures of one side: a click takes one out, or in again. */
function tiles(
  { store, signal }: ConceptScene,
  side: "examples" | "counterpart",
  end: readonly HTMLElement[],
): HTMLElement {
  const title = h("h3");
  const many = h("span", { class: "xai-quiet" });
  const list = h("div", { class: "xai-example-tiles", role: "group" });
  const renewed = renewals(signal);
  let built: readonly unknown[] = [];
  const build = (numbers: readonly number[]): void => {
    built = [...numbers];
    const own = renewed();
    list.replaceChildren(
      ...numbers.map((number) => {
        const { src = "", label = "", width = 0 } = store.catalogue.pictures[number] ?? {};
        const tile = button("", () => store.toggle(number), own, { class: "xai-example", title: label });
        tile.append(h("img", { src, alt: "", class: width < SMALL ? "xai-crisp" : undefined }));
        return tile;
      }),
    );
  };
  const show = (): void => {
    const { concept } = store.question;
    const numbers = store.sides(concept)[side];
    if (!same(built, numbers)) build(numbers);
    const taken = numbers.map((number, place) => store.isTaken(number, place));
    [...list.children].forEach((tile, place) => {
      const label = store.catalogue.pictures[numbers[place] ?? 0]?.label ?? "";
      attribute(tile, "aria-pressed", taken[place] ?? false);
      attribute(tile, "aria-label", `${label}: ${taken[place] ? "in; take it out" : "out; take it in"}`);
    });
    write(title, side === "examples" ? `With ${concept}` : "Without");
    const inside = taken.filter(Boolean).length;
    write(many, inside === numbers.length ? `${inside}` : `${inside} of ${numbers.length}`);
    attribute(list, "aria-label", side === "examples" ? `Examples of ${concept}` : `Counterpart of ${concept}`);
  };
  store.signals.follow(["question", "pictures"], show, signal);
  return h("section", { class: "xai-concept-side" }, h("header", {}, title, many, ...end), list);
}

/** How many pictures of each side are taken. */
function amount({ store, signal }: ConceptScene): HTMLElement {
  const most = store.largest;
  const text = (value: number): string => (value >= most ? "all" : `${value}`);
  const control = slider(
    { low: 1, high: most, step: 1, doublings: false, whole: true },
    { label: "Pictures", sentence: "So many of each side are taken, the first ones.", text, spoken: text },
    {
      hold: (held) => store.hold("count", held),
      move: (value) => store.move({ count: Number(value) >= most ? null : Number(value) }),
      settle: () => store.settle(),
    },
    signal,
  );
  store.signals.follow(["question"], () => control.show(store.question.count ?? most), signal);
  return control.element;
}

/** The pictures that a concept is told by, with and without it. */
export function examples(scene: ConceptScene, adds: readonly HTMLElement[]): HTMLElement {
  return h(
    "section",
    { class: "xai-concept-examples", "aria-label": "Pictures of the concept" },
    tiles(scene, "examples", adds),
    tiles(scene, "counterpart", []),
    amount(scene),
  );
}
