import { h, uniqueId, write } from "../dom";
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
  const id = uniqueId("code");
  const text = h("code");
  const said = h("span", { class: "xai-quiet", role: "status" });
  const copyButton = h("button", { type: "button" }, "Copy");
  const stateButton = h("button", { type: "button", title: "One line that makes this widget again" }, "Copy state");
  const panel = h(
    "div",
    { class: "xai-code", id, hidden: true },
    h("pre", { tabindex: 0, "aria-label": "Python code" }, text),
    h("div", {}, said, copyButton, stateButton),
  );
  const button = h("button", { type: "button", "aria-expanded": "false", "aria-controls": id }, "Code");
  let shown: string | undefined;
  const show = (): void => {
    const lines = store.views[0]?.header?.code ?? "";
    // The line of a state stays until there is other code, selected as it may be.
    if (panel.hidden || lines === shown) return;
    shown = lines;
    write(text, lines);
  };
  button.addEventListener(
    "click",
    () => {
      panel.hidden = !panel.hidden;
      button.setAttribute("aria-expanded", String(!panel.hidden));
      write(said, "");
      shown = undefined;
      show();
    },
    { signal },
  );
  copyButton.addEventListener(
    "click",
    async () => write(said, (await copy(text.textContent ?? "", text)) ? "copied" : "select the lines and copy them"),
    { signal },
  );
  stateButton.addEventListener(
    "click",
    async () => {
      write(said, "asking the kernel");
      const line = await store.keep();
      if (signal.aborted) return;
      // Where it is selected when the clipboard cannot be used.
      write(text, line);
      write(said, (await copy(line, text)) ? "state copied" : "select the line and copy it");
    },
    { signal },
  );
  store.signals.on("frames", show, signal);
  return { button, panel };
}
