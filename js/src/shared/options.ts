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
  readonly shown?: boolean;
}

export type Values = Readonly<Record<string, unknown>>;

export function defaults(options: readonly Option[]): Values {
  return Object.fromEntries(options.map((option) => [option.name, option.default]));
}

/** The values after one of them moved, with those that are bound to it kept within their bounds. */
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
  return next;
}
