import { Easel } from "../shared/explanation/easel";
import { Store } from "../shared/explanation/store";

/** What an explorer of pictures and tables knows, and what draws its maps for all views. */
export class ExplorerStore extends Store {
  readonly easel = new Easel(this);
}
