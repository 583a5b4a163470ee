import { h } from "../dom";
import type { Control, Handlers } from "./control";
import { type Item, Menu } from "./menu";

/** Choices too long to stand side by side: a menu at the end of its line. */
export function choiceMenu(
  words: { label: string; sentence: string },
  choices: readonly Item[],
  handlers: Pick<Handlers, "move" | "settle">,
  signal: AbortSignal,
): Control {
  const menu = new Menu(
    words.label,
    (value) => {
      handlers.move(value);
      handlers.settle();
    },
    signal,
  );
  let shown = "";
  let sections = [{ heading: null, items: choices }];
  const element = h(
    "div",
    { class: "xai-control xai-inline", title: words.sentence },
    h("span", { "aria-hidden": true }, words.label),
    menu.element,
  );
  return {
    element,
    offer(possible) {
      const items = choices.map((choice) => ({ ...choice, disabled: !possible(choice.value) }));
      const before = sections[0]?.items;
      if (items.every(({ disabled }, place) => disabled === (before?.[place]?.disabled ?? false))) return;
      sections = [{ heading: null, items }];
      menu.show(sections, shown);
    },
    show(value) {
      shown = String(value ?? "");
      menu.show(sections, shown);
    },
  };
}
