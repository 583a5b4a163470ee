import { atEnd } from "./signals";

type Child = Node | string;
type Attributes = Record<string, string | number | boolean | undefined>;

function filled<Made extends Element>(element: Made, attributes: Attributes, children: readonly Child[]): Made {
  for (const [name, value] of Object.entries(attributes)) attribute(element, name, value);
  element.append(...children);
  return element;
}

/** An element with attributes and children. Strings become text, never markup. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return filled(document.createElement(tag), attributes, children);
}

/** The same of a drawing. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/** A button that does something when it is pressed, until the signal says that its view has gone. */
export function button(
  words: string,
  press: () => unknown,
  signal: AbortSignal,
  attributes: Attributes = {},
): HTMLButtonElement {
  const element = h("button", { type: "button", ...attributes }, words);
  on(element, "click", signal, press);
  return element;
}

/** Hears of events of one type or of several, until the signal says that the view they are for has gone. */
export function on<Type extends keyof HTMLElementEventMap>(
  target: EventTarget,
  types: Type | readonly Type[],
  signal: AbortSignal,
  hear: (event: HTMLElementEventMap[Type]) => unknown,
  how: AddEventListenerOptions = {},
): void {
  for (const type of [types].flat()) target.addEventListener(type, hear as EventListener, { ...how, signal });
}

/** Does something whenever an element has another size. */
export function onResize(element: Element, signal: AbortSignal, resized: () => void): void {
  const watch = new ResizeObserver(resized);
  watch.observe(element);
  atEnd(signal, () => watch.disconnect());
}

/** Sets an attribute; undefined takes it away. True and false are words for ARIA; elsewhere it is there, or is not. */
export function attribute(element: Element, name: string, value: string | number | boolean | undefined): void {
  const said = typeof value !== "boolean" || name.startsWith("aria-") ? value : value ? "" : undefined;
  if (said === undefined) element.removeAttribute(name);
  else element.setAttribute(name, String(said));
}

/** Tells the style sheet what it cannot know: properties of an element, most of them variables of the sheet's own. */
export function style(element: HTMLElement, properties: Readonly<Record<string, string | number>>): void {
  for (const [name, value] of Object.entries(properties)) element.style.setProperty(name, String(value));
}

/** A share of the whole, as the style sheet takes it. */
export function percentage(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

/** Writes text only where it changed: screen readers and layout notice every write. */
export function write(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** The same, and hides what there is nothing to say by. */
export function tell(element: HTMLElement, text: string): void {
  element.hidden = text === "";
  write(element, text);
}

let made = 0;

/** An id that no other element of the page has. */
export function uniqueId(name: string): string {
  return `xai-${name}-${++made}-${Math.random().toString(36).slice(2, 8)}`;
}
