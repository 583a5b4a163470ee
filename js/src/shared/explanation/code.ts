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
  const panel = h(
    "div",
    { class: "xai-code", id, hidden: true },
    h("pre", { tabindex: 0, "aria-label": "Python code" }, text),
    h("div", {}, said, copyButton),
  );
  const button = h("button", { type: "button", "aria-expanded": "false", "aria-controls": id }, "Code");
  const show = (): void => {
    if (!panel.hidden) write(text, store.views[0]?.header?.code ?? "");
  };
  button.addEventListener(
    "click",
    () => {
      panel.hidden = !panel.hidden;
      button.setAttribute("aria-expanded", String(!panel.hidden));
      write(said, "");
      show();
    },
    { signal },
  );
  copyButton.addEventListener(
    "click",
    async () => write(said, (await copy(text.textContent ?? "", text)) ? "copied" : "select the lines and copy them"),
    { signal },
  );
  store.signals.on("frames", show, signal);
  return { button, panel };
}
