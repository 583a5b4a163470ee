import { holds } from "../options";
import type { OptionEntry, Values } from "../protocol";
import type { Control, Handlers } from "./control";
import { optionControl } from "./option_control";
import { resets } from "./reset";

/** An option and what it is set with. */
export type Declared = readonly [OptionEntry, Control];

/** The controls that options declare, each with a way back to the value that it has at first. */
export function optionControls(
  options: readonly OptionEntry[],
  handlers: (name: string) => Handlers,
  first: (option: OptionEntry) => unknown,
  signal: AbortSignal,
  bare?: boolean,
): Declared[] {
  return options.map((option) => {
    const own = handlers(option.name);
    const control = optionControl(option, own, signal, bare);
    resets(control.element, own, () => first(option), signal);
    return [option, control];
  });
}

/** Shows on controls what is chosen, and those alone that count with it. */
export function showOptions(controls: readonly Declared[], values: Values): void {
  for (const [option, control] of controls) {
    control.element.hidden = !holds(option.when, values);
    control.offer?.((choice) => holds(option.choices_when?.[choice], values));
    control.show(values[option.name]);
  }
}
