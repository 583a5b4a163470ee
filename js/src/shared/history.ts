const MOST_STEPS = 200;

/** What something was, so that one can go back, and forth again. States in it are never changed. */
export class History<State> {
  #past: State[] = [];
  #future: State[] = [];

  /** `most` says how many states as large as one are kept; without it there is no end below 200. */
  constructor(private readonly most: (state: State) => number = () => MOST_STEPS) {}

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  /** Takes note of the state there was before a change. */
  add(before: State): void {
    this.#future = [];
    this.#past.push(before);
    const most = Math.max(1, Math.min(MOST_STEPS, Math.floor(this.most(before))));
    this.#past.splice(0, this.#past.length - most);
  }

  /** Returns the state before the last change; `now` is the present one. */
  undo(now: State): State | undefined {
    const before = this.#past.pop();
    if (before !== undefined) this.#future.push(now);
    return before;
  }

  /** Returns the state that the last `undo` took away. */
  redo(now: State): State | undefined {
    const after = this.#future.pop();
    if (after !== undefined) this.#past.push(now);
    return after;
  }
}

/** Which step through a history a key asks for, where it asks for one; fields to type into have their own. */
export function travel({
  key,
  ctrlKey,
  metaKey,
  shiftKey,
  altKey,
  target,
}: KeyboardEvent): "undo" | "redo" | undefined {
  if (!(ctrlKey || metaKey) || altKey) return undefined;
  if (target instanceof HTMLTextAreaElement) return undefined;
  if (target instanceof HTMLInputElement && ["number", "search", "text"].includes(target.type)) return undefined;
  if (key.toLowerCase() === "z") return shiftKey ? "redo" : "undo";
  return key.toLowerCase() === "y" && !shiftKey ? "redo" : undefined;
}
