import type { Likeness } from "../shared/protocol";
import { score } from "../shared/words";

/** How alike a map is to that of the trained network at a depth: the mean over draws, with its error where it has one. */
export function alikeWords(likeness: Likeness | undefined, depth: number): string {
  if (depth === 0) return "1";
  const mean = likeness?.means[depth - 1] ?? null;
  if (mean === null) return "";
  const error = likeness?.errors[depth - 1] ?? null;
  return error === null ? score(mean) : `${score(mean)} ± ${score(error)}`;
}
