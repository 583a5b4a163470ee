import type { AnyModel, AnyWidget } from "@anywidget/types";

/** What a widget knows, for all of its views. */
interface Shared {
  /** A view opens. */
  enter?(): void;
  /** The last view is gone; another one may come. */
  leave?(): void;
  close(): void;
}

/**
 * A widget from what it knows and how it is seen.
 *
 * The store is made once for each model; `view` makes one view of it. Whatever a view listens to ends with the signal.
 */
export function defineWidget<Traits extends object, Store extends Shared>(
  Store: new (model: AnyModel<Traits>) => Store,
  view: (store: Store, signal: AbortSignal) => HTMLElement,
): AnyWidget<Traits> {
  // Hosts call this once for each model, so what lives in it is shared by its views and by no other.
  return () => {
    let store: Store | undefined;
    let views = 0;
    const open = (model: AnyModel<Traits>): Store => {
      store ??= new Store(model);
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
        const shared = open(model);
        const element = view(shared, controller.signal);
        el.classList.add("xai-host");
        el.append(element);
        views += 1;
        shared.enter?.();
        return () => {
          controller.abort();
          element.remove();
          views -= 1;
          if (views === 0 && shared === store) shared.leave?.();
        };
      },
    };
  };
}
