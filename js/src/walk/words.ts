import type { Game } from "../shared/protocol";
import { amount, change, entries, type Place } from "./game";

/** A list as one says it: "age, rooms and location". */
function list(names: string[]): string {
  return names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** What happens at a place, for eyes and ears: who enters, and what the value does. */
export function sentence(game: Game, { order, step }: Place): string {
  const steps = entries(game, order);
  const entry = steps[step - 1];
  if (entry === undefined) return `Nobody is in yet: the ${game.worth} is ${amount(game, game.values[0] ?? 0)}.`;
  const name = game.players[entry.player] ?? "";
  const before = steps.slice(0, step - 1).map(({ player }) => game.players[player] ?? "");
  const when = before.length === 0 ? "first" : `after ${list(before)}`;
  const values = `the ${game.worth} goes from ${amount(game, entry.before)} to ${amount(game, entry.after)}`;
  return `${name} enters ${when}: ${values}, so ${name} brings ${change(game, entry.brought)}.`;
}
