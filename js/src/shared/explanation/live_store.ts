import type { AnyModel } from "@anywidget/types";
import { bytes, pack, unpack } from "../bytes";
import { Connection, type KernelStatus, type Message, type Parcel } from "../connection";
import { moved } from "../options";
import type { Look } from "../pixels/look";
import type {
  Catalogue,
  ColormapEntry,
  Display,
  ErrorMessage,
  KeptMessage,
  MethodEntry,
  OfferMessage,
  Progress,
  Refusals,
  Save,
  SavedMessage,
  UnheardFrames,
  Values,
} from "../protocol";
import { same } from "../same";
import { atEnd, Signals } from "../signals";
import { Headers } from "./headers";
import { type Step, Steps } from "./steps";

/** What can change: what is asked, how it is drawn, the frames, what the kernel is doing, what can be chosen, of which
 * pictures. */
export type Topic = "question" | "display" | "frames" | "status" | "offer" | "steps" | "pictures";

/** What every live widget asks for: a picture and a method of explanation; each adds what is its own. */
export interface Asked {
  method: string;
  index: number;
  options: Values;
}

const SNAPSHOT_AFTER = 1000;

function pick(values: object, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, values[name as keyof typeof values]]));
}

/** What one live widget knows, for all of its views: it alone talks to the kernel. */
export abstract class LiveStore<
  Question extends Asked,
  View extends { frame: Progress | undefined },
  Known extends Catalogue = Catalogue,
> {
  readonly signals = new Signals<Topic>();
  catalogue: Known;
  /** What is on the screen: a view for each model, and of several methods for each of these. */
  views: readonly View[];
  question: Question;
  display: Display;
  /** What went wrong with the newest question; null when its answer came. */
  error: string | null = null;
  status: KernelStatus = "live";
  /** Whether the kernel works on what goes before the first frame. */
  searching = false;
  /** Why methods are not for the models, as far as the kernel has found out. */
  refusals: Refusals = {};
  /** The options that count something of the networks, by method, since it is known how much there is of it. */
  #counted: OfferMessage["options"] = {};
  /** Whether what is on the screen comes from a saved page. */
  saved: boolean;

  /** The settings there were. */
  readonly steps: Steps;

  protected readonly connection: Connection;
  /** What went wrong in single views. */
  readonly errors = new Map<number, string>();
  readonly #savers = new Map<number, (file: File) => void>();
  #saves = 0;
  #keepers: ((code: string) => void)[] = [];
  readonly #held = new Set<string>();
  readonly #headers = new Headers();
  #asked: Question | undefined;
  #generation = Number.NEGATIVE_INFINITY;
  readonly #controller = new AbortController();
  #snapshotTimer: ReturnType<typeof setTimeout> | undefined;
  #away = false;

  constructor(
    private readonly model: AnyModel,
    private readonly names: readonly string[],
    /** Traits that are settings, too, and neither asked nor how maps are drawn. */
    private readonly besides: readonly string[] = [],
  ) {
    this.catalogue = model.get("catalogue") as Known;
    this.views = this.catalogue.models.map(() => this.newView());
    this.question = this.#traits();
    this.display = model.get("display");
    this.steps = new Steps(this.#settled);
    this.connection = new Connection(model, {
      hear: (message) => this.#headers.complete(message as Progress),
      receive: (message, buffers) => this.#receive(message, buffers),
      paint: () => this.signals.emit("frames"),
      status: (status) => {
        this.status = status;
        this.signals.emit("status");
      },
      ask: () => this.parcel(),
    });
    for (const name of names) this.onTrait(name, () => this.#traitsChanged());
    for (const name of besides) {
      this.onTrait(name, () => {
        queueMicrotask(() => this.#noteStep());
        this.signals.emit("display");
      });
    }
    this.onTrait("display", () => {
      queueMicrotask(() => this.#noteStep());
      const next = { ...model.get("display"), ...this.#heldOf(this.display) };
      if (same(next, this.display)) return;
      this.display = next;
      this.signals.emit("display");
    });
    this.saved = this.#showSnapshot(model.get("_snapshot"));
    this.connection.hello();
  }

  protected abstract newView(): View;

  /** Puts a frame on its view. */
  protected abstract show(view: View, frame: Progress, buffers: readonly unknown[]): void;

  /** What brings a view as it is, with what its buffers hold; undefined while it has no frame. */
  protected abstract message(view: View): [Progress, Float32Array[]] | undefined;

  /** The last pictures as JSON, so that a saved or reopened page has something to show before, or without, a kernel. */
  #takeSnapshot(): UnheardFrames {
    const messages = this.views.map((view) => this.message(view)).filter((message) => message !== undefined);
    return {
      version: 2,
      frames: messages.map(([frame]) => frame),
      arrays: messages.map(([, arrays]) => arrays.map(pack)),
    };
  }

  /** Puts on the views what was shown last, or what the kernel said before any page listened; says whether it is that. */
  #showSnapshot(snapshot: unknown): boolean {
    const { version, frames = [], arrays = [] } = (snapshot ?? {}) as Partial<UnheardFrames>;
    if (version !== 2) return false;
    this.arrange(frames.length);
    (frames as readonly Progress[]).forEach((frame, place) => {
      const view = this.views[frame.view];
      // Older than anything that a kernel will send.
      const old = { ...frame, generation: Number.NEGATIVE_INFINITY };
      if (view !== undefined) this.show(view, old, (arrays[place] ?? []).map(unpack));
    });
    return frames.length > 0;
  }

  /** Makes room for as many views as the kernel shows now. */
  protected arrange(_count: number): void {}

  /** What is asked: what differs from the traits, with what else the kernel needs. */
  protected parcel(): Parcel {
    const { method } = this.question;
    const moved = this.names.filter((name) => !same(this.question[name as keyof Question], this.model.get(name)));
    // The method too, because its options mean nothing to another one.
    return { state: { method, ...pick(this.question, moved) }, buffers: [] };
  }

  /** Does what is needed after the kernel refused a request: nothing of it was taken. */
  protected refused(): void {}

  methodNamed(name: string | undefined): MethodEntry | undefined {
    return this.catalogue.methods.find((method) => method.name === name);
  }

  /** The method in view. */
  get method(): MethodEntry {
    const known = this.methodNamed(this.question.method) ?? (this.catalogue.methods[0] as MethodEntry);
    return { ...known, options: this.#counted[known.name] ?? known.options };
  }

  /** How maps are drawn, with the colours themselves. */
  get appearance(): Look {
    return { ...this.display, colormap: this.catalogue.colormaps[this.display.colormap] as ColormapEntry };
  }

  /** Whether something is still being computed. */
  get running(): boolean {
    return this.views.some(({ frame }, view) => {
      if (this.errors.has(view)) return false;
      return frame === undefined ? this.status === "live" || this.status === "busy" : !this.#isFinal(frame);
    });
  }

  /** The views that show the newest question, not the one before. */
  get current(): readonly View[] {
    return this.views.filter(
      ({ frame }) => frame !== undefined && (this.saved || frame.generation === this.#generation),
    );
  }

  hold(name: string, held: boolean): void {
    const { moving } = this;
    if (held) this.#held.add(name);
    else this.#held.delete(name);
    if (moving && !this.moving) this.signals.emit("display");
  }

  /** Whether a hand is on a slider that changes what is asked. */
  get moving(): boolean {
    return [...this.#held].some((name) => !(name in this.display));
  }

  /** Moves one option of the method, live. */
  moveOption(name: string, value: unknown): void {
    this.move({ options: moved(this.method.options, this.question.options, name, value) } as Partial<Question>);
  }

  /** Moves something, live. */
  move(change: Partial<Question>): void {
    this.question = { ...this.question, ...change };
    this.ask();
    this.signals.emit("question");
  }

  /** Chooses something from which nothing else follows, at once and for good. */
  choose(change: Partial<Omit<Question, "method" | "options">>): void {
    this.question = { ...this.question, ...change };
    this.signals.emit("question");
    this.settle();
  }

  /** Chooses something that brings more with it: the kernel decides what, and the traits tell. */
  decide(changes: object): void {
    this.connection.settle({ ...changes });
  }

  /** Changes the method; with it come its options as they were when it was last in view. */
  chooseMethod(name: string): void {
    if (name !== this.question.method) this.decide({ method: name });
  }

  /** Goes back to the setting there was before the last change, or forth again. */
  travel(way: "undo" | "redo"): void {
    const step = this.steps.go(way);
    if (step === undefined) return;
    this.#setAll(step);
    this.signals.emit("steps");
  }

  /** Has all settings as they were when the widget was made; the picture in view stays. */
  resetAll(): void {
    const { display, ...all } = this.first;
    const question = { ...pick(all, this.names), index: this.question.index };
    this.#setAll({ question, display, besides: pick(all, this.besides) });
  }

  /** The settings that the widget was made with. */
  get first(): { readonly display: Display } & Values {
    return this.catalogue.first as { readonly display: Display } & Values;
  }

  #setAll({ question, display, besides }: Step): void {
    const { presenter } = this.display;
    const changes = { ...question, ...besides, display: { ...display, presenter } };
    this.connection.settle(changes, !same(question, this.#settled.question));
  }

  /** What was settled last, whoever did it. */
  get #settled(): Step {
    const besides = Object.fromEntries(this.besides.map((name) => [name, this.model.get(name)]));
    return { question: this.#traits() as unknown as Values, display: this.model.get("display"), besides };
  }

  #noteStep(): void {
    if (this.steps.note(this.#settled)) this.signals.emit("steps");
  }

  /** Makes the question in view the widget's own: the traits follow, and with them Python. */
  settle(): void {
    if (!same(this.#asked, this.question)) this.ask();
    // Before the traits: the kernel then knows the question, and does not start it a second time.
    this.connection.flush();
    for (const name of this.names) this.model.set(name, this.question[name as keyof Question]);
    this.#save();
  }

  /** Changes how maps are drawn; the kernel is not asked. */
  draw(change: Partial<Display>): void {
    this.display = { ...this.display, ...change };
    this.signals.emit("display");
  }

  /** Makes the drawing in view the widget's own, for Python's pictures and for the next visit. */
  settleDisplay(): void {
    this.model.set("display", { ...this.display });
    this.#save();
  }

  /** Sets what is neither asked nor how maps are drawn. */
  protected settleBeside(changes: Values): void {
    for (const [name, value] of Object.entries(changes)) this.model.set(name, value);
    this.#save();
  }

  /** Shows an error that happened in the page itself. */
  fail(message: string): void {
    this.error = message;
    this.signals.emit("frames");
  }

  /** The Python line that makes another widget like this one; only a live kernel can tell. */
  keep(): Promise<string> {
    this.connection.keep();
    return new Promise((resolve) => this.#keepers.push(resolve));
  }

  /** What is on the screen as a file; only a live kernel can tell. */
  file(kind: Save["kind"], scale: number): Promise<File> {
    this.#saves += 1;
    this.connection.save(this.#saves, kind, scale);
    return new Promise((resolve) => this.#savers.set(this.#saves, resolve));
  }

  stop(): void {
    this.connection.stop();
  }

  /** A view opens; the kernel was greeted when the store was made. */
  enter(): void {
    if (this.#away) this.connection.hello();
    this.#away = false;
  }

  /** The last view is gone: nothing has to get better for nobody. */
  leave(): void {
    this.#away = true;
    this.connection.bye();
  }

  close(): void {
    this.#controller.abort();
    this.connection.close();
    clearTimeout(this.#snapshotTimer);
  }

  protected ask(): void {
    this.#asked = this.question;
    this.connection.ask();
  }

  #isFinal(frame: Progress): boolean {
    return this.saved || (frame.generation === this.#generation && (frame.final || frame.stopped));
  }

  #traits(): Question {
    return Object.fromEntries(this.names.map((name) => [name, this.model.get(name)])) as unknown as Question;
  }

  protected onTrait(name: string, listener: () => void): void {
    this.model.on(`change:${name}`, listener);
    atEnd(this.#controller.signal, () => this.model.off(`change:${name}`, listener));
  }

  /** Those of the values that the person is holding: what arrives must not move them. */
  #heldOf<Held extends object>(values: Held): Partial<Held> {
    return Object.fromEntries(Object.entries(values).filter(([name]) => this.#held.has(name))) as Partial<Held>;
  }

  /** One message may change several traits: they are read together, when all of them are there. */
  #traitsChanged(): void {
    queueMicrotask(() => {
      this.#noteStep();
      const next = { ...this.#traits(), ...this.#heldOf(this.question) };
      if (next.method === this.question.method) {
        next.options = { ...next.options, ...this.#heldOf(this.question.options) };
      }
      if (same(next, this.question)) return;
      this.question = next;
      this.#asked = undefined;
      this.signals.emit("question");
    });
  }

  #receive(message: Message, buffers: readonly unknown[]): void {
    const searching = message.type === "working";
    if (searching !== this.searching) {
      this.searching = searching;
      this.signals.emit("status");
    }
    if (searching) {
      this.#newer(message);
    } else if (message.type === "error") {
      const { view, views, message: words } = message as ErrorMessage;
      this.#newer(message, views, false);
      this.error = words;
      for (const failed of view === null ? this.views.keys() : [view]) this.errors.set(failed, words);
      if (view !== null) return;
      this.refused();
      this.signals.emit("question");
    } else if (message.type === "kept") {
      for (const tell of this.#keepers.splice(0)) tell((message as KeptMessage).code);
    } else if (message.type === "saved") {
      const { asked, name, media: type } = message as SavedMessage;
      this.#savers.get(asked)?.(new File([bytes(buffers[0]).slice()], name, { type }));
      this.#savers.delete(asked);
    } else if (message.type === "offer") {
      this.takeOffer(message as OfferMessage);
      this.signals.emit("offer");
    } else if (message.type === "frame") {
      const frame = message as Progress;
      this.#newer(frame, frame.views);
      const view = this.views[frame.view];
      if (view === undefined) return;
      this.saved = false;
      this.show(view, frame, buffers);
      this.#scheduleSnapshot();
    } else this.receiveMore(message, buffers);
  }

  /** Takes what single widgets are told besides. */
  protected receiveMore(_message: Message, _buffers: readonly unknown[]): void {}

  /** Takes note of the generation that a message is of; a new one knows no error yet. */
  #newer(message: Message, views?: number, clears = true): void {
    if (message.generation > this.#generation) {
      if (clears) this.error = null;
      this.errors.clear();
    }
    // Also where it was said before that there is work, which says nothing of how many views there are.
    if (views !== undefined) this.arrange(views);
    this.#generation = message.generation;
  }

  protected takeOffer({ refusals, options }: OfferMessage): void {
    this.refusals = refusals;
    this.#counted = options;
  }

  #save(): void {
    // Saving sends every trait that was set since the last time. The snapshot is for the page alone, so it is taken
    // back first, and made again when the next picture has come to rest.
    if (this.model.get("_snapshot")) this.model.set("_snapshot", null);
    this.model.save_changes();
    this.#scheduleSnapshot();
  }

  #scheduleSnapshot(): void {
    clearTimeout(this.#snapshotTimer);
    if (this.saved || this.current.length !== this.views.length || this.running) return;
    this.#snapshotTimer = setTimeout(() => this.model.set("_snapshot", this.#takeSnapshot()), SNAPSHOT_AFTER);
  }
}
