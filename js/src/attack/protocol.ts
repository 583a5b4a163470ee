import type { Asked, Progress } from "../shared/explanation/live_store";
import type { Catalogue, Display } from "../shared/explanation/protocol";
import type { Option } from "../shared/options";

/** What the kernel needs to know of an attack and of the explanation of its answers. */
export interface Attack extends Asked {
  /** How the size of a change is measured. */
  norm: string;
  /** How far the attack may go. */
  epsilon: number;
  steps: number;
  restarts: number;
  /** The class it leads to; null is any other one. */
  target: number | null;
}

export const ATTACK_TRAITS = ["method", "options", "index", "norm", "epsilon", "steps", "restarts", "target"] as const;

/** What there is to choose from beside what there is of explanations. */
export interface AttackCatalogue extends Catalogue {
  /** How far the slider goes, and where it starts. */
  norms: Readonly<Record<string, { reach: number; first: number }>>;
  /** The slider runs with this power of its position. */
  power: number;
  /** Largest minus smallest value of an input. */
  width: number;
  /** The options of the attack itself. */
  attack: readonly Option[];
}

/** One class with its probability before and after. */
export interface ClassRow {
  index: number;
  name: string;
  before: number;
  after: number;
}

/** What is said once for each picture, with its first frame. */
export interface AttackHeader {
  state: Attack;
  code: string;
  /** Within it nothing can change the answer; null where nothing is certified. */
  radius: number | null;
}

export interface AttackMessage extends Progress {
  type: "frame";
  evaluations: number;
  planned: number;
  /** Of the perturbation: height, width, channels. */
  shape: readonly number[];
  /** By how much the perturbation is magnified to be seen. */
  factor: number;
  distance: number;
  label: string;
  prediction: string;
  succeeded: boolean;
  headline: string;
  detail: string;
  /** "certified", "stays", "flipped" or "broken". */
  kind: string;
  classes: readonly ClassRow[];
  /** The smallest distance at which an attack is known to succeed. */
  flips: number | null;
  /** The shapes of the maps before and after; null while there is none. */
  maps: readonly (readonly number[] | null)[];
  header: AttackHeader | null;
}

/** The traits of the widget. */
export interface AttackTraits extends Attack {
  display: Partial<Display>;
  catalogue: AttackCatalogue;
  _snapshot: unknown;
}
