import { slider } from "../shared/controls/slider";
import { button, h, write } from "../shared/dom";
import { isOver } from "./game";
import type { WalkStore } from "./store";

/** Back, next, play, and a slider over the orders. */
export function controls(store: WalkStore, signal: AbortSignal): HTMLElement {
  const { game } = store;
  const back = button("Back", () => store.back(), signal);
  const next = button("Next", () => store.next(), signal);
  const play = button("Play", () => (store.isPlaying ? store.pause() : store.play()), signal);
  const number = slider(
    { low: 1, high: game.orders.length, step: 1, doublings: false, whole: true },
    {
      label: "Order",
      sentence: "Jump to the end of an order: all before it count as walked through.",
      text: (value) => `${value} of ${game.orders.length}`,
      spoken: (value) => `order ${value} of ${game.orders.length}`,
    },
    {
      move: (value) => {
        store.pause();
        store.go({ order: Number(value) - 1, step: game.players.length });
      },
      settle: () => undefined,
      hold: () => undefined,
    },
    signal,
  );
  const show = (): void => {
    const { place } = store;
    back.disabled = place.order + place.step === 0;
    next.disabled = isOver(game, place);
    write(play, store.isPlaying ? "Pause" : isOver(game, place) ? "Play again" : "Play");
    number.show(place.order + 1);
  };
  store.signals.follow(["place"], show, signal);
  return h("div", { class: "xai-walk-controls" }, h("div", { class: "xai-actions" }, back, next, play), number.element);
}
