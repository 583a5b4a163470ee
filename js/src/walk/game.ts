import type { Game } from "../shared/protocol";

/** Where a walk is: in this order, with so many players in. */
export interface Place {
  readonly order: number;
  readonly step: number;
}

/** One player enters. */
export interface Entry {
  readonly player: number;
  readonly before: number;
  readonly after: number;
  readonly brought: number;
}

/** The mean of what a player brought, in so many orders. */
export interface Share {
  readonly mean: number;
  readonly count: number;
}

/** What happens in one order, player after player. */
export function entries(game: Game, order: number): Entry[] {
  let coalition = 0;
  return (game.orders[order] ?? []).map((player) => {
    const before = game.values[coalition] ?? 0;
    coalition |= 1 << player;
    const after = game.values[coalition] ?? 0;
    return { player, before, after, brought: after - before };
  });
}

/** What each player brought on average, in all orders before this place and in this one if the player is in. */
export function shares(game: Game, { order, step }: Place): Share[] {
  const sums = game.players.map(() => 0);
  const counts = game.players.map(() => 0);
  for (let number = 0; number <= order; number++) {
    const seen = entries(game, number).slice(0, number < order ? undefined : step);
    for (const { player, brought } of seen) {
      sums[player] = (sums[player] ?? 0) + brought;
      counts[player] = (counts[player] ?? 0) + 1;
    }
  }
  return sums.map((sum, player) => ({ mean: sum / (counts[player] || 1), count: counts[player] ?? 0 }));
}

/** The smallest and the largest of what any player can bring, and zero: the ends of an axis that never moves. */
export function reach(game: Game): [number, number] {
  let [low, high] = [0, 0];
  game.values.forEach((before, coalition) => {
    game.players.forEach((_, player) => {
      if (coalition & (1 << player)) return;
      const brought = (game.values[coalition | (1 << player)] ?? 0) - before;
      [low, high] = [Math.min(low, brought), Math.max(high, brought)];
    });
  });
  return [low, high];
}

/** The place after the next entry; an order follows the one before, and at the end one stays there. */
export function next(game: Game, { order, step }: Place): Place {
  if (step < game.players.length) return { order, step: step + 1 };
  return order + 1 < game.orders.length ? { order: order + 1, step: 1 } : { order, step };
}

/** The place before the last entry. */
export function back(game: Game, { order, step }: Place): Place {
  if (step > 1 || (order === 0 && step > 0)) return { order, step: step - 1 };
  return order > 0 ? { order: order - 1, step: game.players.length } : { order, step };
}

/** Whether everybody has entered in every order. */
export function isOver(game: Game, { order, step }: Place): boolean {
  return order === game.orders.length - 1 && step === game.players.length;
}

/** A value in words: "$280,000". */
export function amount({ prefix, suffix, digits }: Game, value: number): string {
  // Rounded first, so that no zero has a sign.
  const rounded = Number(Math.abs(value).toFixed(digits));
  const figures = rounded.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${value < 0 && rounded !== 0 ? "−" : ""}${prefix}${figures}${suffix}`;
}

/** A change in words, with its sign: "+$50,000". */
export function change(game: Game, value: number): string {
  const words = amount(game, value);
  return words.startsWith("−") || value === 0 ? words : `+${words}`;
}
