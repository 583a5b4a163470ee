import { Menu } from "../shared/controls/menu";
import { button, h, on, uniqueId } from "../shared/dom";
import { card } from "../shared/explanation/card";
import { displayPanel, methodPanel, pin, quantityControl } from "../shared/explanation/panel";
import { readout } from "../shared/explanation/readout";
import { sentence } from "../shared/explanation/sentence";
import { Passage } from "./passage";
import type { TokenStore } from "./store";

const SHORT = 48;

function shortened(text: string): string {
  return text.length <= SHORT ? text : `${text.slice(0, SHORT - 1)}…`;
}

/** The field for the text, and the menu of those that were given. */
function typing(store: TokenStore, signal: AbortSignal): HTMLElement {
  const id = uniqueId("text");
  const field = h("textarea", { id, rows: 2, spellcheck: "false", readonly: !store.canType });
  const menu = new Menu("Texts", (value) => store.choose({ index: Number(value) }), signal);
  const takeBack = (): void => {
    store.type(store.texts[store.question.index] ?? "");
    store.settleText();
    show();
    field.focus();
  };
  const back = button("As it was", takeBack, signal, { title: "Take back what was typed into this text" });
  const show = (): void => {
    const { index } = store.question;
    const changed = store.text !== (store.texts[index] ?? "");
    if (field.value !== store.text) field.value = store.text;
    const items = store.texts.map((text, place) => ({
      value: String(place),
      label: `${place + 1}. ${shortened(text)}${changed && place === index ? " (changed)" : ""}`,
    }));
    menu.show([{ heading: null, items }], String(index));
    back.hidden = !changed;
  };
  on(field, "input", signal, () => {
    store.type(field.value);
    show();
  });
  on(field, "change", signal, () => store.settleText());
  store.changes.follow(["text"], show, signal);
  menu.element.hidden = store.texts.length < 2;
  const label = h("label", { for: id }, store.canType ? "Text: type, and the colours follow" : "Text");
  const texts = h("div", { class: "xai-actions" }, back, menu.element);
  return h("div", { class: "xai-typing" }, h("div", { class: "xai-typing-head" }, label, texts), field);
}

/** One view of an explorer of texts. What it listens to ends with `signal`; who made it takes the element away. */
export function view(store: TokenStore, signal: AbortSignal): HTMLElement {
  const scene = { store, signal };
  const passages = store.catalogue.models.map((_, index) => new Passage(store, index, signal));
  const tick = h("input", { type: "checkbox" });
  const numbers = h("label", { class: "xai-tick" }, tick, "Numbers below the words");
  on(tick, "change", signal, () => {
    for (const passage of passages) {
      passage.numbers = tick.checked;
      passage.show();
    }
  });
  const pinned = pin();
  const beside = {
    above: quantityControl(scene),
    remark: () => store.focused[0]?.header?.remark ?? "",
    pin: pinned,
  };
  return card(scene, {
    name: "Explorer of texts",
    kind: "xai-tokens",
    sentence: sentence(scene),
    stage: h(
      "div",
      { class: "xai-reading" },
      typing(store, signal),
      h("div", { class: "xai-passages xai-shown" }, ...passages.map(({ element }) => element)),
      pinned,
    ),
    settings: [methodPanel(scene, beside), displayPanel(scene, [numbers], "Words", "Settings of the colours")],
    readout: readout(scene),
    steps: ["Type in the text: the colours follow.", "Point at a word: its value."],
    strip: false,
  });
}
