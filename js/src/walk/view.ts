import { attribute, h, on, write } from "../shared/dom";
import { presenter } from "../shared/explanation/presenter";
import { helpOnTap } from "../shared/explanation/tap_help";
import { keepKeys } from "../shared/keys";
import { Averages } from "./averages";
import { controls } from "./controls";
import { entries } from "./game";
import { Stairs } from "./stairs";
import type { WalkStore } from "./store";
import { Contributions } from "./table";
import { sentence } from "./words";

/** One view of a walk through the orders of a game. Whatever it listens to ends with `signal`. */
export function view(store: WalkStore, signal: AbortSignal): HTMLElement {
  const { game } = store;
  const number = h("b");
  const queue = h("ol", { class: "xai-queue" }, ...game.players.map(() => h("li")));
  const words = h("p", { class: "xai-walk-words", "aria-live": "polite" });
  const present = h("button", { type: "button" }, "Present");
  const parts = [new Stairs(game), new Averages(game), new Contributions(game)] as const;
  const [stairs, averages, table] = parts;
  const card = h(
    "div",
    { class: "xai-card xai-walk" },
    h("header", { class: "xai-top" }, h("div", { class: "xai-sentence" }, number, queue), present),
    controls(store, signal),
    words,
    h(
      "div",
      { class: "xai-walk-body" },
      stairs.element,
      averages.element,
      h("div", { class: "xai-walk-table" }, table.element),
    ),
  );
  const root = h("div", { class: "xai", role: "group", "aria-label": "Walk through the orders" }, card);

  const show = (): void => {
    const { place } = store;
    write(number, `Order ${place.order + 1} of ${game.orders.length}`);
    const steps = entries(game, place.order);
    [...queue.children].forEach((item, step) => {
      write(item, game.players[steps[step]?.player ?? 0] ?? "");
      item.classList.toggle("xai-entered", step < place.step);
      attribute(item, "aria-current", step === place.step - 1 ? "step" : undefined);
    });
    write(words, sentence(game, place));
    for (const part of parts) part.show(place);
  };
  store.signals.follow(["place"], show, signal);
  keys(store, root, signal);
  helpOnTap(root, signal);
  const size = { isLarge: () => store.presenter, present: (large: boolean) => store.present(large) };
  const showSize = presenter(size, root, present, signal);
  store.signals.follow(["presenter"], showSize, signal);
  return root;
}

/** Left and right walk, except on the slider, where they mean orders. */
function keys(store: WalkStore, root: HTMLElement, signal: AbortSignal): void {
  const ours = (event: KeyboardEvent): (() => void) | undefined => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLInputElement) return undefined;
    if (event.key === "ArrowRight") return () => store.next();
    if (event.key === "ArrowLeft") return () => store.back();
    return undefined;
  };
  keepKeys(root, signal, (event) => ours(event) !== undefined);
  on(root, "keydown", signal, (event) => {
    const act = ours(event);
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
}
