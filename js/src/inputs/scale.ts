import type { Look } from "../shared/pixels/look";
import { percentile } from "../shared/pixels/percentile";
import { signFor } from "../shared/pixels/sign";
import type { Ends, InputsMessage, PartSaid } from "../shared/protocol";
import type { InputsStore } from "./store";

/** What is drawn of one model's answer: the map of each part, and one colour scale for all of them. */
export interface Sheet {
  /** What is said of each part, and its map: of a text the sum for each of its words. */
  readonly parts: readonly { readonly said: PartSaid; readonly map: Float32Array }[];
  /** Which input it is of. */
  readonly index: number;
  readonly look: Look;
  readonly ends: Ends;
  /** Where the colour scale ends. */
  readonly limit: number;
  /** So many times as strong are the colours of each part, which is said at it: a pixel counts little by itself. */
  readonly times: readonly number[];
  /** What each part adds; null where values do not add. */
  readonly shares: readonly number[] | null;
  /** Whether these sum to what the quantity changed by. */
  readonly sums: boolean;
}

/** The largest of 1, 2, 5, 10, 20, 50 and so on that is not larger than this. */
export function roundTimes(times: number): number {
  if (!(times >= 2) || times === Number.POSITIVE_INFINITY) return 1;
  const power = 10 ** Math.floor(Math.log10(times));
  const [digit = 1] = [5, 2, 1].filter((one) => one * power <= times);
  return digit * power;
}

/** The sums over the tokens of each word: 0 for a word that is struck out. */
export function ofWords({ text }: PartSaid, map: Float32Array): Float32Array {
  const words = text?.words ?? [];
  return Float32Array.from(words, ({ tokens }) => tokens.reduce((sum, place) => sum + (map[place] ?? 0), 0));
}

/** Cuts the maps of the parts out of what lies one behind the other. */
export function cutOut(said: readonly PartSaid[], map: Float32Array): Float32Array[] {
  let start = 0;
  return said.map((part) => {
    const size = part.shape.reduce((product, side) => product * side, 1);
    start += size;
    const own = map.subarray(start - size, start);
    return part.text === null ? own : ofWords(part, own);
  });
}

/** Keeps one colour scale for the parts of all models, which holds still while a slider moves. */
export class OneScale {
  #held: { limit: number; times: readonly number[]; unit: string } | undefined;

  constructor(private readonly store: InputsStore) {}

  /** What is drawn of the newest answer of a model; undefined while there is none. */
  sheet(view: number): Sheet | undefined {
    const { store } = this;
    const header = store.header(view);
    const frame = store.views[view]?.frame as (InputsMessage & { map: Float32Array }) | undefined;
    if (header === undefined || frame === undefined) return undefined;
    const { ends, state } = header;
    const look = { ...store.appearance, sign: signFor(store.display.sign, ends) };
    const own = store.views.map((_, other) => this.#ends(other, look.clip));
    const each = store.parts.map((_, part) => Math.max(0, ...own.map((one) => one[part] ?? 0)));
    const unit = `${[state.method, state.quantity, look.sign]}`;
    const limit = Math.max(0, ...each);
    const times = each.map((end, part) => (store.parts[part]?.kind === "picture" ? roundTimes(limit / end) : 1));
    if (!store.moving || this.#held?.unit !== unit) this.#held = { limit, times, unit };
    const maps = cutOut(header.parts, frame.map);
    return {
      ...this.#held,
      parts: header.parts.map((said, part) => ({ said, map: maps[part] ?? new Float32Array(0) })),
      index: state.index,
      look,
      ends,
      shares: frame.shares,
      sums: frame.absolute_gap !== null,
    };
  }

  /** Where the colour scale of each part of a model would end by itself. */
  #ends(view: number, clip: number): number[] {
    const map = this.store.views[view]?.frame?.map;
    const said = this.store.header(view)?.parts ?? [];
    if (map === undefined) return [];
    // Words and columns are read one by one: none of them hides the rest.
    return cutOut(said, map).map((one, part) =>
      percentile(one, this.store.parts[part]?.kind === "picture" ? clip : 100),
    );
  }
}
