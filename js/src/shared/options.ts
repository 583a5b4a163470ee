/** One choice of a method as Python declares it; controls are built from nothing else. */
export interface Option {
  readonly name: string;
  readonly kind: string;
  readonly default: unknown;
  readonly label: string;
  readonly sentence: string;
  readonly minimum?: number | null;
  readonly maximum?: number | null;
  readonly slider?: readonly [number, number] | null;
  readonly scale?: string;
  readonly step?: number | null;
  readonly unit?: string;
  readonly choices?: readonly string[] | null;
  /** The name of another option that this one may not exceed. */
  readonly at_most?: string | null;
  /** What choices are called where their own name would not do. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Another option, and its values with which this one counts. */
  readonly when?: Condition | null;
  /** The same for single choices. */
  readonly choices_when?: Readonly<Record<string, Condition>>;
  readonly shown?: boolean;
  /** Whether the control may stand behind the others, unfolded on request. */
  readonly aside?: boolean;
}

/** The name of an option, and the values of it that are meant. */
export type Condition = readonly [string, readonly string[]];

export type Values = Readonly<Record<string, unknown>>;

export function defaults(options: readonly Option[]): Values {
  return Object.fromEntries(options.map((option) => [option.name, option.default]));
}

/** Whether a condition is met; no condition always is. */
export function holds(condition: Condition | null | undefined, values: Values): boolean {
  return condition == null || condition[1].includes(values[condition[0]] as string);
}

/** The values after one of them moved: those bound to it stay within their bounds, choices that need it go back. */
export function moved(options: readonly Option[], values: Values, name: string, value: unknown): Values {
  const next: Record<string, unknown> = { ...values, [name]: value };
  const own = options.find((option) => option.name === name);
  const bound = own?.at_most == null ? undefined : next[own.at_most];
  if (typeof value === "number" && typeof bound === "number" && value > bound) next[name] = bound;
  for (const option of options) {
    const held = next[option.name];
    if (option.at_most === name && typeof value === "number" && typeof held === "number" && held > value) {
      next[option.name] = value;
    }
  }
  for (const option of options) {
    if (!holds(option.choices_when?.[next[option.name] as string], next)) next[option.name] = option.default;
  }
  return next;
}
