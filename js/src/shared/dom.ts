type Child = Node | string;
type Attributes = Record<string, string | number | boolean | undefined>;

/** An element with attributes and children. Strings become text, never markup. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) attribute(element, name, value);
  element.append(...children);
  return element;
}

/** A button that does something when it is pressed, until the signal says that its view has gone. */
export function button(
  words: string,
  press: () => unknown,
  signal: AbortSignal,
  attributes: Attributes = {},
): HTMLButtonElement {
  const element = h("button", { type: "button", ...attributes }, words);
  element.addEventListener("click", press, { signal });
  return element;
}

/** Sets an attribute; false and undefined take it away, true leaves it empty, or says "true" where ARIA wants a word. */
export function attribute(element: Element, name: string, value: string | number | boolean | undefined): void {
  if (value === undefined || value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : String(value));
}

/** Writes text only where it changed: screen readers and layout notice every write. */
export function write(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

let made = 0;

/** An id that no other element of the page has. */
export function uniqueId(name: string): string {
  return `xai-${name}-${++made}-${Math.random().toString(36).slice(2, 8)}`;
}
