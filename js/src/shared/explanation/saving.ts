import { segments } from "../controls/segments";
import { button, h, write } from "../dom";
import type { Save } from "../protocol";
import type { LiveScene } from "./scene";

function download(file: File): void {
  const link = h("a", { href: URL.createObjectURL(file), download: file.name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function copy(file: Promise<File>): Promise<void> {
  // Given at once, as a promise: a page may write only soon after a click.
  const blob = file.then((found) => new Blob([found], { type: "image/png" }));
  await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
}

/** What takes the screen away with one: the drawing with its sentence and legend, and the raw values. */
export function saving({ store, signal }: LiveScene): HTMLElement {
  const said = h("p", { class: "xai-quiet", role: "status" });
  let scale = 2;
  const size = segments(
    { label: "Size of the picture", sentence: "How many pixels of the file are one of the page.", hidden: true },
    [1, 2, 4].map((times) => ({ value: String(times), label: `${times}×` })),
    {
      move: (value) => {
        scale = Number(value);
      },
      settle: () => undefined,
    },
    signal,
  );
  size.show("2");
  const taking = (words: string, kind: Save["kind"], take: (file: Promise<File>) => Promise<void>, done: string) => {
    const press = async (): Promise<void> => {
      write(said, "asking the kernel");
      try {
        await take(store.file(kind, scale));
        write(said, done);
      } catch {
        write(said, "this page may not use the clipboard: save the picture");
      }
    };
    return button(words, press, signal);
  };
  const save = async (file: Promise<File>): Promise<void> => download(await file);
  return h(
    "section",
    { "aria-label": "Save" },
    h("h3", {}, "Save"),
    size.element,
    h(
      "div",
      { class: "xai-files" },
      taking("Picture", "png", save, "saved"),
      taking("Copy picture", "png", copy, "copied"),
      taking("SVG", "svg", save, "saved"),
      taking("Values (CSV)", "csv", save, "saved"),
    ),
    said,
  );
}
