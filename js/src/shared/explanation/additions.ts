import type { AddedEntry, PictureEntry } from "../protocol";

/** The pictures of a widget: those that it was given, and behind them those that were added in a page. */
export class Additions {
  readonly #first: readonly PictureEntry[];
  added: readonly AddedEntry[] = [];

  constructor(private readonly store: { catalogue: { readonly pictures: readonly PictureEntry[] } }) {
    this.#first = store.catalogue.pictures;
  }

  /** How many there were at first. */
  get given(): number {
    return this.#first.length;
  }

  /** Puts those that were added behind the others. */
  join(added: readonly AddedEntry[]): void {
    this.added = added;
    this.store.catalogue = { ...this.store.catalogue, pictures: [...this.#first, ...added] };
  }
}
