import type { AnyModel, AnyWidget } from "@anywidget/types";
import { PaintEasel } from "./paint/easel";
import type { PaintTraits } from "./paint/protocol";
import { PaintStore } from "./paint/store";
import { view } from "./paint/view";

/** The widget of one model. Hosts call this once per model, so what lives here is shared by its views and by no other. */
const painter: AnyWidget<PaintTraits> = () => {
  let shared: { store: PaintStore; easel: PaintEasel } | undefined;
  const open = (model: AnyModel<PaintTraits>): { store: PaintStore; easel: PaintEasel } => {
    if (shared === undefined) {
      const store = new PaintStore(model);
      shared = { store, easel: new PaintEasel(store) };
    }
    return shared;
  };
  return {
    initialize({ model }) {
      open(model);
      return () => {
        shared?.store.close();
        shared = undefined;
      };
    },
    render({ model, el }) {
      const { store, easel } = open(model);
      const controller = new AbortController();
      const element = view(store, easel, controller.signal);
      el.append(element);
      return () => {
        controller.abort();
        element.remove();
      };
    },
  };
};

export default painter;
