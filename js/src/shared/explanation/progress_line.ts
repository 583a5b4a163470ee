import { attribute, button, h, percentage, write } from "../dom";
import { count } from "../words";
import { opener } from "./opener";
import { KERNEL_WORDS } from "./readout";
import type { LiveScene } from "./scene";

/** How far an answer is, for eyes and ears. */
export interface State {
  readonly evaluations: number;
  readonly planned: number;
  /** In words that a listener understands: "still improving". */
  readonly words: string;
}

/** The line below every card: how far it is, in words, what the kernel is doing, the figures on demand, and a stop. */
export class ProgressLine {
  readonly element: HTMLElement;
  readonly #fill = h("span");
  readonly #bar = h(
    "div",
    { class: "xai-progress", role: "progressbar", "aria-label": "Passes", "aria-valuemin": 0 },
    this.#fill,
  );
  readonly #words = h("b", { class: "xai-state" });
  readonly #kernel = h("span", { class: "xai-kernel", role: "status" });
  readonly #spoken = h("span", { class: "xai-spoken", role: "status" });
  readonly #stop: HTMLButtonElement;
  #said = "";

  /** `aside` stands beside the words, `figures` below them when they are asked for. */
  constructor(
    private readonly scene: LiveScene,
    aside: readonly HTMLElement[],
    figures: readonly HTMLElement[],
  ) {
    const { store, signal } = scene;
    this.#stop = button("Stop", () => store.stop(), signal, { disabled: true });
    const facts = h("div", { class: "xai-facts" }, ...figures);
    this.element = h(
      "footer",
      { class: "xai-readout" },
      h(
        "div",
        { class: "xai-line" },
        this.#bar,
        this.#words,
        this.#kernel,
        ...aside,
        opener("Figures", facts, signal),
        this.#stop,
      ),
      facts,
      this.#spoken,
    );
    store.signals.follow(["status"], () => this.#showKernel(), signal);
  }

  show({ evaluations, planned, words }: State): void {
    const { running } = this.scene.store;
    this.#fill.style.width = percentage(Math.min(1, evaluations / (planned || 1)));
    attribute(this.#bar, "aria-valuemax", planned);
    attribute(this.#bar, "aria-valuenow", evaluations);
    attribute(this.#bar, "aria-valuetext", `${evaluations} of ${count(planned, "pass", "passes")}`);
    write(this.#words, words);
    this.#stop.disabled = !running;
  }

  /** Says a result once. */
  speak(words: string): void {
    if (words !== this.#said) write(this.#spoken, words);
    this.#said = words;
  }

  #showKernel(): void {
    const { store } = this.scene;
    const words = store.saved && store.status !== "live" ? "saved picture: run the cell to make it live" : "";
    write(
      this.#kernel,
      words || (store.searching ? "searching before the first picture …" : KERNEL_WORDS[store.status]),
    );
    this.#kernel.title = this.#kernel.textContent ?? "";
  }
}
