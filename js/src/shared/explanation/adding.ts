import { button, h, on } from "../dom";
import { claim } from "../keys";
import type { Add, AddedEntry, Adding } from "../protocol";
import { atEnd, type Signals } from "../signals";
import { type Found, found, pixels } from "./decode";

/** So long it is said what became of a picture, in milliseconds. */
const SAID = 8000;

const WAYS = { crop: "cutting the edges", pad: "with black borders" } as const;

/** What has pictures that one can bring others to. */
interface Grows {
  readonly signals: Pick<Signals<"question" | "pictures">, "follow" | "on">;
  readonly question: { readonly index: number };
  /** How many pictures there were at first, and which were added since. */
  readonly given: number;
  readonly added: readonly AddedEntry[];
  add(picture: Omit<Add, "type" | "request">, pixels: ArrayBuffer): void;
  takeAway(): void;
}

/** What lets one bring pictures of one's own. */
export interface Adder {
  /** Stands at the end of the strip of pictures. */
  readonly tiles: HTMLElement;
  /** What is asked and said, over the stage. */
  readonly notice: HTMLElement;
  /** Takes what is dropped on a widget, or pasted into it. */
  listen(root: HTMLElement): void;
}

/** Pictures are read here, and go to the kernel; what is shown is kept in a notebook that is saved. */
export function adder(store: Grows, { width, height, resize, taken }: Adding, signal: AbortSignal): Adder {
  const notice = h("div", { class: "xai-notice", role: "alert", hidden: true });
  const size = `${width}\u00a0×\u00a0${height}`;
  let stream: MediaStream | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** How many pictures were there that what became of them was said; only who sends some is told. */
  let told = Number.POSITIVE_INFINITY;

  const close = (): void => {
    // Keys that undo and paste are for whatever has the focus.
    if (notice.contains(document.activeElement)) choose.focus();
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = undefined;
    notice.hidden = true;
    notice.replaceChildren();
  };
  const say = (words: string, ...more: HTMLElement[]): void => {
    close();
    clearTimeout(timer);
    notice.hidden = false;
    notice.append(h("p", {}, words), ...more, button("×", close, signal, { "aria-label": "Close" }));
  };
  /** Says what is wrong where something cannot be done. */
  const attempt = async (work: () => void | Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      say((error as Error).message);
    }
  };
  const send = (pictures: readonly Found[], way: string): void => {
    // All of them before the first one goes: none is lost when another one cannot be read.
    const read = pictures.map((picture) => [picture, pixels(picture)] as const);
    close();
    told = store.added.length;
    for (const [{ name, width, height }, { data, ...measures }] of read) {
      store.add({ name, ...measures, was: [width, height], resize: way }, data.buffer);
    }
  };
  /** Asks how pictures of another size are to come to that of the networks, unless Python has said so. */
  const offer = (pictures: readonly Found[]): void => {
    const other = pictures.find((picture) => picture.width !== width || picture.height !== height);
    if (other === undefined || resize !== "") {
      send(pictures, resize);
      return;
    }
    const buttons = Object.entries(WAYS).map(([way, words]) =>
      button(`Resize it to ${size}, ${words}`, () => attempt(() => send(pictures, way)), signal),
    );
    const asked = `${other.name} has ${other.width} × ${other.height} pixels, and the network takes ${size}.`;
    say(asked, h("div", { class: "xai-files" }, ...buttons));
  };
  const take = (files: Iterable<File>): Promise<void> =>
    attempt(async () => {
      const pictures = await Promise.all([...files].map(found));
      if (pictures.length > 0 && !signal.aborted) offer(pictures);
    });
  const film = async (): Promise<void> => {
    try {
      const opened = await navigator.mediaDevices.getUserMedia({ video: true });
      const video = h("video", { autoplay: true, playsinline: true });
      // The bitmap stays when the camera is off.
      const shoot = async (): Promise<void> => {
        const image = await createImageBitmap(video).catch(() => {
          throw new Error("The camera has shown no picture yet. Open it once more, and take one when you see it.");
        });
        offer([{ name: "camera", image, width: image.width, height: image.height }]);
      };
      say(
        taken,
        video,
        button("Take it", () => attempt(shoot), signal),
      );
      stream = opened;
      video.srcObject = stream;
      // Whoever has left meanwhile is not filmed.
      if (signal.aborted) close();
    } catch (error) {
      say(`The camera cannot be used: ${(error as Error).message}. Allow it for this page, or choose a file.`);
    }
  };

  const file = h("input", { type: "file", accept: "image/*", multiple: true, hidden: true });
  const tile = (sign: string, words: string, press: () => unknown): HTMLButtonElement =>
    button(sign, press, signal, { title: words, "aria-label": words });
  const choose = tile("+", "A picture of your own: choose a file, or drop or paste one here", () => file.click());
  const camera = tile("", "A picture of your own from the camera", film);
  const away = tile("×", "Take your picture away", () => {
    store.takeAway();
    choose.focus();
  });
  camera.classList.add("xai-lens");
  // Pages from another machine have none, unless they come over https.
  camera.hidden = navigator.mediaDevices === undefined;
  file.addEventListener("change", () => {
    void take(file.files ?? []);
    file.value = ""; // The same file once more is a change, too.
  });
  const show = (): void => {
    away.hidden = store.question.index < store.given;
  };
  const tell = (): void => {
    const last = store.added.at(-1);
    if (last === undefined || store.added.length <= told) return;
    told = store.added.length;
    if (last.remark === "") return;
    say(`${last.label}: ${last.remark}.`);
    timer = setTimeout(close, SAID);
  };
  store.signals.follow(["question"], show, signal);
  store.signals.on("pictures", tell, signal);
  atEnd(signal, close);
  return {
    tiles: h("div", { class: "xai-adds" }, file, choose, camera, away),
    notice,
    listen(root) {
      const over = (event: DragEvent): void => {
        if (!event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        root.classList.toggle("xai-taking", event.type === "dragover");
      };
      on(root, ["dragenter", "dragover", "dragleave"], signal, over);
      const bring = (event: Event, brought: DataTransfer | null): void => {
        root.classList.remove("xai-taking");
        if (brought === null || brought.files.length === 0) return;
        claim(event);
        void take(brought.files);
      };
      on(root, "drop", signal, (event) => bring(event, event.dataTransfer));
      on(root, "paste", signal, (event) => bring(event, event.clipboardData));
    },
  };
}
