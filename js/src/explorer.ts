import type { AnyModel, AnyWidget } from "@anywidget/types";
import { view } from "./explorer/view";
import { Easel } from "./shared/explanation/easel";
import type { Traits } from "./shared/explanation/protocol";
import { Store } from "./shared/explanation/store";

/** The widget of one model. Hosts call this once per model, so what lives here is shared by its views and by no other. */
const explorer: AnyWidget<Traits> = () => {
  let store: Store | undefined;
  let easel: Easel | undefined;
  const open = (model: AnyModel<Traits>): { store: Store; easel: Easel } => {
    store ??= new Store(model);
    easel ??= new Easel(store);
    return { store, easel };
  };
  return {
    initialize({ model }) {
      open(model);
      return () => {
        store?.close();
        store = undefined;
        easel = undefined;
      };
    },
    render({ model, el }) {
      const shared = open(model);
      const controller = new AbortController();
      const element = view(shared.store, shared.easel, controller.signal);
      el.append(element);
      return () => {
        controller.abort();
        element.remove();
      };
    },
  };
};

export default explorer;
