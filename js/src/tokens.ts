import type { AnyModel, AnyWidget } from "@anywidget/types";
import type { TokenTraits } from "./tokens/protocol";
import { TokenStore } from "./tokens/store";
import { view } from "./tokens/view";

/** The widget of one model. Hosts call this once per model, so what lives here is shared by its views and by no other. */
const tokens: AnyWidget<TokenTraits> = () => {
  let store: TokenStore | undefined;
  const open = (model: AnyModel<TokenTraits>): TokenStore => {
    store ??= new TokenStore(model);
    return store;
  };
  return {
    initialize({ model }) {
      open(model);
      return () => {
        store?.close();
        store = undefined;
      };
    },
    render({ model, el }) {
      const controller = new AbortController();
      const element = view(open(model), controller.signal);
      el.append(element);
      return () => {
        controller.abort();
        element.remove();
      };
    },
  };
};

export default tokens;
