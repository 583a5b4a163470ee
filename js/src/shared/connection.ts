import type { AnyModel } from "@anywidget/types";
import type {
  Acknowledge,
  Add,
  Bye,
  Message as Carried,
  Hello,
  Inspect,
  Keep,
  Remove,
  Request,
  Save,
  Settle,
  Stop,
} from "./protocol";

/** What of the widget's model the connection uses. */
export type Channel = Pick<AnyModel, "send" | "on" | "off">;

/** Answers, waits for a second, waits for long, or is known to have gone. */
export type KernelStatus = "live" | "busy" | "silent" | "gone";

/** A message from the kernel, whatever it says. */
export type Message = Carried & { readonly type: string };

/** What travels to the kernel: what is asked, with what else it needs, and the bytes of that. */
export interface Parcel {
  readonly state: Request["state"];
  readonly buffers: ArrayBuffer[];
}

/** What the browser tells the kernel. */
type Told = Acknowledge | Add | Bye | Hello | Inspect | Keep | Remove | Request | Save | Settle | Stop;

export interface Handlers {
  /** Any message, before it is known whether it is older than what came before it. */
  hear?(message: Message): void;
  /** A message that is not older than what came before it; called at once, so no painting here. */
  receive(message: Message, buffers: readonly unknown[]): void;
  /** Called at most once per animation frame, after something was received. */
  paint(): void;
  status(status: KernelStatus): void;
  /** What is asked by now. */
  ask(): Parcel;
}

/** What is waited for. */
type Timer = "answer" | "paint" | "acknowledge" | "busy" | "silent";

const ANSWER_TIMEOUT = 250;
const PAINT_TIMEOUT = 250;
/** A request that follows another one as soon as this is of a hand that moves: it will take the acknowledgement along. */
const MOVING = 300;
/** When none follows so long, the acknowledgement goes alone: the kernel refines no further without. */
const ACKNOWLEDGE_AFTER = 50;
const BUSY_AFTER = 1000;
const SILENT_AFTER = 10_000;
/** Before whatever is counted, or told by the clock. */
const NEVER = Number.NEGATIVE_INFINITY;
const GONE_EVENTS = ["comm:close", "destroy"];

/**
 * One per model, however many views it has: requests go out, frames come in, and each paint is acknowledged once.
 *
 * While a hand moves a slider nothing but requests leaves the page, for a notebook says of each message to all that it
 * is busy with it, and idle again.
 */
export class Connection {
  #pending = false;
  // From the clock, so that the numbers of a reloaded page go on rising.
  #request = Date.now();
  #unanswered: number | null = null;
  #newest = NEVER;
  #received = NEVER;
  #painted = NEVER;
  #acknowledged = NEVER;
  #asked = NEVER;
  #dirty = false;
  // From the clock, as those of the requests.
  #inspected = Date.now();
  #status: KernelStatus = "live";
  #animation: number | undefined;
  readonly #timers: Partial<
    Record<"answer" | "paint" | "acknowledge" | "busy" | "silent", ReturnType<typeof setTimeout> | undefined>
  > = {};

  constructor(
    private readonly model: Channel,
    private readonly handlers: Handlers,
  ) {
    model.on("msg:custom", this.#onMessage);
    for (const event of GONE_EVENTS) model.on(event, this.#onGone);
    model.on("comm_live_update", this.#onReconnect);
  }

  /** Asks for the frames of what is on the screen. */
  hello(): void {
    this.#send({ type: "hello" });
    this.#expectAnswer();
  }

  /** Asks for a picture of what is on the screen: of what that is when the event is over that changed it. */
  ask(): void {
    this.#pending = true;
    queueMicrotask(() => this.#flushNext());
    this.#schedule();
  }

  /** Sends what is still to be asked for, without waiting for an answer. */
  flush(): void {
    if (!this.#pending) return;
    this.#pending = false;
    const { state, buffers } = this.handlers.ask();
    const painted = this.#takeAcknowledgement();
    this.#send({ type: "request", request: this.#number(), state, ...(painted !== null && { painted }) }, buffers);
    this.#asked = Date.now();
    this.#expectAnswer();
  }

  /** Sends what is to be asked for, unless the answer to what was asked before is on its way. */
  #flushNext(): void {
    if (this.#unanswered === null) this.flush();
  }

  /** Has something made the widget's own; what follows from it the kernel decides, and the traits tell. */
  settle(changes: Settle["changes"], answered = true): void {
    this.flush();
    this.#send({ type: "settle", request: answered ? this.#number() : this.#request, changes });
    if (answered) this.#expectAnswer();
  }

  /** Brings one more picture, and has it shown. */
  add(picture: Omit<Add, "type" | "request">, pixels: ArrayBuffer): void {
    this.flush();
    this.#send({ type: "add", request: this.#number(), ...picture }, [pixels]);
    this.#expectAnswer();
  }

  /** Takes a picture away that was brought. */
  remove(index: number): void {
    this.flush();
    this.#send({ type: "remove", request: this.#number(), index });
  }

  stop(): void {
    this.#send({ type: "stop" });
  }

  /** Asks for what is on the screen as a file. */
  save(asked: number, kind: Save["kind"], scale: number): void {
    this.#send({ type: "save", asked, kind, scale });
    this.#expectAnswer();
  }

  /** Asks for what is on the screen as one keeps it. */
  keep(): void {
    this.#send({ type: "keep" });
    this.#expectAnswer();
  }

  /** Asks how a value of a picture arises; no place asks nothing any more. What is painted meanwhile does not wait. */
  inspect(view: number, at: readonly number[] | null): void {
    this.#inspected += 1;
    this.#send({ type: "inspect", request: this.#inspected, view, at });
  }

  /** Says that nobody looks any more; whoever does later on says hello again. */
  bye(): void {
    this.#send({ type: "bye" });
  }

  close(): void {
    this.model.off("msg:custom", this.#onMessage);
    for (const event of GONE_EVENTS) this.model.off(event, this.#onGone);
    this.model.off("comm_live_update", this.#onReconnect);
    this.#cancelPaint();
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.#pending = false;
  }

  readonly #onMessage = (content: unknown, buffers?: readonly unknown[]): void => {
    const message = content as Partial<Message> | null;
    if (typeof message?.frame !== "number" || typeof message.generation !== "number") return;
    this.#heard();
    this.handlers.hear?.(message as Message);
    this.#received = Math.max(this.#received, message.frame);
    const led = (message as { led?: boolean }).led !== false;
    if (led && this.#unanswered !== null && (message.request ?? -1) >= this.#unanswered) {
      this.#unanswered = null;
      clearTimeout(this.#timers.answer);
      this.flush();
    }
    if (message.generation >= this.#newest) {
      this.#newest = message.generation;
      this.#dirty = true;
      this.handlers.receive(message as Message, buffers ?? []);
    }
    // A hidden page never paints; the kernel must not wait for it.
    if (document.hidden) {
      this.#painted = this.#received;
      this.#acknowledge();
    }
    this.#schedule();
  };

  readonly #onGone = (): void => this.#setStatus("gone");

  /** The line to the kernel changed: it is taken for gone until it answers. */
  readonly #onReconnect = (): void => {
    this.#setStatus("gone");
    this.#send({ type: "hello" });
  };

  /** The number of a request that is about to be sent; the next one waits for its answer, but not for long. */
  #number(): number {
    this.#request += 1;
    this.#unanswered = this.#request;
    this.#restart("answer", ANSWER_TIMEOUT, () => {
      this.#unanswered = null;
      this.flush();
      this.#acknowledgeSoon();
    });
    return this.#request;
  }

  #schedule(): void {
    this.#animation ??= requestAnimationFrame(() => {
      this.#cancelPaint();
      this.#paint();
    });
    // Pages that are scrolled away or hidden get no animation frames. What is to be painted then waits for the next
    // one, but the kernel and the newest request do not.
    if (this.#timers.paint !== undefined) return;
    this.#restart("paint", PAINT_TIMEOUT, () => {
      this.#timers.paint = undefined;
      this.#painted = this.#received;
      this.#flushNext();
      this.#acknowledge();
    });
  }

  #cancelPaint(): void {
    if (this.#animation !== undefined) cancelAnimationFrame(this.#animation);
    this.#animation = undefined;
    clearTimeout(this.#timers.paint);
    this.#timers.paint = undefined;
  }

  #paint(): void {
    try {
      if (this.#dirty) {
        this.#dirty = false;
        this.handlers.paint();
      }
    } finally {
      this.#painted = this.#received;
      this.#flushNext();
      this.#acknowledgeSoon();
    }
  }

  /** Acknowledges what was painted: with the next request while a hand moves, else at once. */
  #acknowledgeSoon(): void {
    if (Date.now() - this.#asked > MOVING) this.#acknowledge();
    // Else it waits for the answer on its way: with that comes the next request, or this once more.
    else if (this.#unanswered === null) {
      this.#timers.acknowledge ??= setTimeout(() => this.#acknowledge(), ACKNOWLEDGE_AFTER);
    }
  }

  #acknowledge(): void {
    const frame = this.#takeAcknowledgement();
    if (frame !== null) this.#send({ type: "acknowledge", frame });
  }

  /** Up to which frame all are painted, where the kernel does not know that yet; the caller tells it. */
  #takeAcknowledgement(): number | null {
    clearTimeout(this.#timers.acknowledge);
    this.#timers.acknowledge = undefined;
    if (this.#painted <= this.#acknowledged) return null;
    this.#acknowledged = this.#painted;
    return this.#painted;
  }

  #send(content: Told, buffers: ArrayBuffer[] = []): void {
    try {
      if (buffers.length > 0) this.model.send(content, undefined, buffers);
      else this.model.send(content);
    } catch {
      // Hosts throw when the kernel was shut down, and a saved page has no kernel to send to.
      this.#setStatus("gone");
    }
  }

  #expectAnswer(): void {
    if (this.#status === "gone" || this.#timers.busy !== undefined) return;
    this.#restart("busy", BUSY_AFTER, () => this.#setStatus("busy"));
    this.#restart("silent", SILENT_AFTER, () => this.#setStatus("silent"));
  }

  #heard(): void {
    for (const name of ["busy", "silent"] as const) {
      clearTimeout(this.#timers[name]);
      this.#timers[name] = undefined;
    }
    this.#setStatus("live");
  }

  #setStatus(status: KernelStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    if (status === "gone") {
      clearTimeout(this.#timers.busy);
      clearTimeout(this.#timers.silent);
    }
    this.handlers.status(status);
  }

  #restart(name: Timer, delay: number, callback: () => void): void {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(callback, delay);
  }
}
