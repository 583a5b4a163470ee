import { button, h, write } from "../dom";
import { opener } from "./opener";
import type { CodedScene } from "./scene";

/** Copies text; pages that are not allowed to use the clipboard still have the older way. */
async function copy(text: string, source: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const range = document.createRange();
    range.selectNodeContents(source);
    const selection = getSelection();
    selection?.removeAllRanges();
    selection?.addRange(range);
    return document.execCommand("copy");
  }
}

/** The Python lines that make what is on the screen, and the button that shows them. */
export function code({ store, signal }: CodedScene): { button: HTMLElement; panel: HTMLElement } {
  const text = h("code");
  const said = h("span", { class: "xai-quiet", role: "status" });
  const copyLines = async (): Promise<void> => {
    write(said, (await copy(text.textContent ?? "", text)) ? "copied" : "select the lines and copy them");
  };
  const copyState = async (): Promise<void> => {
    write(said, "asking the kernel");
    const line = await store.keep();
    if (signal.aborted) return;
    // Where it is selected when the clipboard cannot be used.
    write(text, line);
    write(said, (await copy(line, text)) ? "state copied" : "select the line and copy it");
  };
  const panel = h(
    "div",
    { class: "xai-code" },
    h("pre", { tabindex: 0, "aria-label": "Python code" }, text),
    h(
      "div",
      {},
      said,
      button("Copy", copyLines, signal),
      button("Copy state", copyState, signal, { title: "One line that makes this widget again" }),
    ),
  );
  let shown: string | undefined;
  const show = (): void => {
    const lines = store.views[0]?.header?.code ?? "";
    // The line of a state stays until there is other code, selected as it may be.
    if (panel.hidden || lines === shown) return;
    shown = lines;
    write(text, lines);
  };
  const reopen = (): void => {
    write(said, "");
    shown = undefined;
    show();
  };
  store.signals.on("frames", show, signal);
  return { button: opener("Code", panel, signal, reopen), panel };
}
