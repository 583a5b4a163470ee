import type { Progress } from "../protocol";

/** What the kernel has said last of the picture of each view: of the next one it says what is new. */
export class Headers {
  readonly #known = new Map<number, object>();

  /** Gives a frame that has news the header that these amount to; a page that was told of none before hears all soon. */
  complete(message: Progress & { header?: object | null }): void {
    if (message.type !== "frame") return;
    const before = this.#known.get(message.view);
    if (message.news && before !== undefined) message.header = { ...before, ...message.news };
    if (message.header) this.#known.set(message.view, message.header);
  }
}
