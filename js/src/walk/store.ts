import type { AnyModel } from "@anywidget/types";
import type { Game, WalkTraits } from "../shared/protocol";
import { Signals } from "../shared/signals";
import { back, isOver, next, type Place } from "./game";

/** So long a newcomer needs to see who enters, in milliseconds. */
export const SLOW = 1300;
/** Whole orders follow each other this fast once the first ones were walked through. */
export const FAST = 150;
/** So many orders are played entry by entry; where there are no more than six, all are. */
const WALKED = 2;
const FEW = 6;

/** Where a walk is, for all views of it. It needs no kernel: the game came with the page. */
export class WalkStore {
  readonly signals = new Signals<"place" | "presenter">();
  readonly game: Game;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #going = false;
  readonly #moved = (): void => {
    if (!this.#going) this.signals.emit("place");
  };
  readonly #resized = (): void => this.signals.emit("presenter");

  constructor(private readonly model: AnyModel<WalkTraits>) {
    this.game = model.get("game");
    model.on("change:order", this.#moved);
    model.on("change:step", this.#moved);
    model.on("change:presenter", this.#resized);
  }

  get place(): Place {
    return { order: this.model.get("order"), step: this.model.get("step") };
  }

  get presenter(): boolean {
    return this.model.get("presenter");
  }

  get isPlaying(): boolean {
    return this.#timer !== undefined;
  }

  go({ order, step }: Place): void {
    // Between the two the walk may seem to be over, and a button that is disabled for a moment loses the focus.
    this.#going = true;
    this.model.set("order", order);
    this.model.set("step", step);
    this.#going = false;
    this.#moved();
    this.model.save_changes();
  }

  next(): void {
    this.pause();
    this.go(next(this.game, this.place));
  }

  back(): void {
    this.pause();
    this.go(back(this.game, this.place));
  }

  present(large: boolean): void {
    if (large === this.presenter) return;
    this.model.set("presenter", large);
    this.model.save_changes();
  }

  /** Goes on by itself, from the start where the walk is over. */
  play(): void {
    if (isOver(this.game, this.place)) this.go({ order: 0, step: 0 });
    this.#advance();
  }

  pause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.signals.emit("place");
  }

  close(): void {
    this.pause();
    this.model.off("change:order", this.#moved);
    this.model.off("change:step", this.#moved);
    this.model.off("change:presenter", this.#resized);
  }

  #advance(): void {
    const { game, place } = this;
    const slowly = game.orders.length <= FEW || place.order < WALKED;
    const everybody = game.players.length;
    this.go(slowly || place.step < everybody ? next(game, place) : { order: place.order + 1, step: everybody });
    if (isOver(game, this.place)) this.pause();
    else this.#timer = setTimeout(() => this.#advance(), slowly ? SLOW : FAST);
    this.signals.emit("place");
  }
}
