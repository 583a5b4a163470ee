import type { AnyModel, AnyWidget } from "@anywidget/types";
import type { AttackTraits } from "./attack/protocol";
import { AttackStore } from "./attack/store";
import { view } from "./attack/view";

/** The widget of one model. Hosts call this once per model, so what lives here is shared by its views and by no other. */
const attacker: AnyWidget<AttackTraits> = () => {
  let store: AttackStore | undefined;
  const open = (model: AnyModel<AttackTraits>): AttackStore => {
    store ??= new AttackStore(model);
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

export default attacker;
