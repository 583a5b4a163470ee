import type { Catalogue, Header, Traits } from "../shared/explanation/protocol";

export interface TokenCatalogue extends Catalogue {
  /** Whether the models know their words, so that one can type. */
  can_type: boolean;
}

export interface TokenHeader extends Header {
  /** The words of the text as they are written, and whether the model knows each of them. */
  words: readonly string[];
  known: readonly boolean[];
}

export interface TokenTraits extends Traits {
  text: string;
}
