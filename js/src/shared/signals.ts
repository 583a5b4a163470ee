/** Does something once, when what the signal is for has gone. */
export function atEnd(signal: AbortSignal, leave: () => unknown): void {
  signal.addEventListener("abort", leave, { once: true });
}

/** Signals of what is made anew as long as another one lasts: each call ends the one before. */
export function renewals(signal: AbortSignal): () => AbortSignal {
  let last = new AbortController();
  atEnd(signal, () => last.abort());
  return () => {
    last.abort();
    last = new AbortController();
    return last.signal;
  };
}

/** Listeners by topic; each goes when its abort signal says so. */
export class Signals<Topic extends string> {
  readonly #listeners = new Map<Topic, Set<() => void>>();

  on(topic: Topic, listener: () => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    const set = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, set.add(listener));
    atEnd(signal, () => set.delete(listener));
  }

  /** Shows something now, and again at each of some topics. */
  follow(topics: readonly Topic[], show: () => void, signal: AbortSignal): void {
    for (const topic of topics) this.on(topic, show, signal);
    show();
  }

  emit(topic: Topic): void {
    for (const listener of [...(this.#listeners.get(topic) ?? [])]) listener();
  }

  /** How many listeners there are; none may be left when every view is gone. */
  get size(): number {
    return [...this.#listeners.values()].reduce((sum, set) => sum + set.size, 0);
  }
}
