import type { AnyModel, AnyWidget } from "@anywidget/types";
import { WalkStore, type WalkTraits } from "./walk/store";
import { view } from "./walk/view";

/** The widget of one model. Hosts call this once per model, so what lives here is shared by its views and by no other. */
const walker: AnyWidget<WalkTraits> = () => {
  let store: WalkStore | undefined;
  const open = (model: AnyModel<WalkTraits>): WalkStore => {
    store ??= new WalkStore(model);
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

export default walker;
