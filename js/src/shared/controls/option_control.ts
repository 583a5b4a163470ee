import type { OptionEntry } from "../protocol";
import type { Scale } from "../scale";
import { number } from "../words";
import { choiceMenu } from "./choice_menu";
import type { Control, Handlers } from "./control";
import { numberField } from "./number_field";
import { segments } from "./segments";
import { slider } from "./slider";

/** The singular of a unit that counts: "1 step", but "0.15 of the range". */
function unitFor(value: number, unit: string): string {
  return value === 1 ? unit.replace(/^(\w+)s$/, "$1") : unit;
}

/** So many letters fit side by side. */
const MOST_LETTERS = 28;

/** The control that an option declares; what is `bare` is told from the rest without its name beside it. */
export function optionControl(option: OptionEntry, handlers: Handlers, signal: AbortSignal, bare = false): Control {
  const words = { label: option.label, sentence: option.sentence, hidden: bare };
  const named = (value: string | number): string | undefined => option.labels?.[value];
  if (option.kind === "choice") {
    const label = (value: string): string => named(value) ?? value.replaceAll("_", " ");
    const choices = (option.choices ?? []).map((value) => ({ value, label: label(value) }));
    const length = choices.reduce((sum, choice) => sum + choice.label.length, 0);
    return (length > MOST_LETTERS ? choiceMenu : segments)(words, choices, handlers, signal);
  }
  const whole = option.kind === "integer";
  if (!option.slider) {
    const step = option.step ?? (whole ? 1 : "any");
    return numberField(words, { minimum: option.minimum, maximum: option.maximum, step }, handlers, signal);
  }
  const [low, high] = option.slider;
  const doublings = option.scale === "doublings";
  const scale: Scale = {
    low,
    high,
    step: option.step ?? (whole || doublings ? 1 : (high - low) / 100),
    doublings,
    whole,
    zeroLast: option.zero_last,
  };
  const [times, unit] = option.unit === "share" ? [100, "percent"] : [1, option.unit ?? ""];
  const short = unit.startsWith("percent") ? " %" : unit === "pixels" ? " px" : "";
  // Where a value is doubled from stop to stop, more digits than two say nothing.
  const figure = (value: number): string => number(times * value, doublings && !whole ? 2 : 4);
  const text = (value: number): string => named(value) ?? figure(value) + short;
  const spoken = (value: number): string => named(value) ?? `${figure(value)} ${unitFor(value, unit)}`.trim();
  return slider(scale, { ...words, text, spoken }, handlers, signal);
}
