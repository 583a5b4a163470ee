import { History } from "../history";
import type { Display, Values } from "../protocol";
import { same } from "../same";

/** What is on a screen and can be gone back to. */
export interface Step {
  readonly question: Values;
  readonly display: Display;
  /** What else a widget can be set to. */
  readonly besides?: Values;
}

/** The stage is no step: one does not leave it by going back. */
function plain(step: Step): Step {
  return { ...step, display: { ...step.display, presenter: false } };
}

/** The settings that a widget had. Only what was settled is one: a slider that moves makes none until it is let go. */
export class Steps {
  readonly #history = new History<Step>();
  #present: Step;
  /** Where one is on the way to, until the kernel has followed. */
  #underway: Step[] = [];

  constructor(first: Step) {
    this.#present = plain(first);
  }

  get canUndo(): boolean {
    return this.#history.canUndo;
  }

  get canRedo(): boolean {
    return this.#history.canRedo;
  }

  /** Takes note of what was settled, whoever did it, and says whether that is a new step. */
  note(settled: Step): boolean {
    const now = plain(settled);
    if (same(now, this.#present)) {
      this.#underway = [];
      return false;
    }
    // Of several steps back in a row the kernel tells each.
    if (this.#underway.some((step) => same(step, now))) return false;
    this.#underway = [];
    this.#history.add(this.#present);
    this.#present = now;
    return true;
  }

  /** Goes back or forth; undefined where there is nothing. */
  go(way: "undo" | "redo"): Step | undefined {
    const step = this.#history[way](this.#present);
    if (step === undefined) return undefined;
    this.#underway.push(this.#present);
    this.#present = step;
    return step;
  }
}
