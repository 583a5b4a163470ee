import type { Condition, OptionEntry, Values } from "./protocol";

/** Whether a condition is met; no condition always is. */
export function holds(condition: Condition | null | undefined, values: Values): boolean {
  return condition == null || condition[1].includes(values[condition[0]] as string);
}

/** The values after one of them moved: those bound to it stay within their bounds. */
export function moved(options: readonly OptionEntry[], values: Values, name: string, value: unknown): Values {
  const next: Record<string, unknown> = { ...values, [name]: value };
  if (typeof value !== "number") return next;
  const bound = next[options.find((option) => option.name === name)?.at_most ?? ""];
  if (typeof bound === "number" && value > bound) next[name] = bound;
  for (const option of options) {
    const held = next[option.name];
    if (option.at_most === name && typeof held === "number" && held > value) next[option.name] = value;
  }
  return next;
}
