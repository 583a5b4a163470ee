import { button, h } from "../shared/dom";
import { card } from "../shared/explanation/card";
import { displayPanel, methodPanel, pin, quantityControl, sliderStep } from "../shared/explanation/panel";
import { readout } from "../shared/explanation/readout";
import { sentence } from "../shared/explanation/sentence";
import { Panels, pointings } from "./panels";
import { OneScale } from "./scale";
import type { InputsStore } from "./store";

/** What one may do with the parts, in a sentence for each kind that there is. */
function firstThings(store: InputsStore): string[] {
  const kinds = new Set(store.parts.map(({ kind }) => kind));
  return [
    ...(kinds.has("text") ? ["Type, or click a word away."] : []),
    ...(kinds.has("table") ? ["Change a number: the maps follow."] : []),
  ];
}

/** One view of an explorer of several inputs. What it listens to ends with `signal`. */
export function view(store: InputsStore, signal: AbortSignal): HTMLElement {
  const scene = { store, signal };
  const scale = new OneScale(store);
  const pointers = pointings(store, signal);
  const panels = store.catalogue.models.map((_, view) => new Panels(store, scale, view, pointers, signal).element);
  const back = button("As it was", () => store.takeBack(), signal, {
    title: "Take back what was typed and struck out",
  });
  const showBack = (): void => {
    back.style.visibility = store.isEdited ? "" : "hidden";
  };
  store.signals.follow(["question"], showBack, signal);
  const pinned = pin();
  const beside = {
    above: quantityControl(scene),
    remark: () => store.focused[0]?.header?.remark ?? "",
    pin: pinned,
  };
  return card(scene, {
    name: "Explorer of several inputs",
    kind: "xai-inputs",
    sentence: sentence(scene),
    actions: [back],
    stage: h("div", {}, h("div", { class: "xai-shown xai-inputs-shown" }, ...panels), pinned),
    settings: [methodPanel(scene, beside), displayPanel(scene, [], "Colours", "Settings of the colours")],
    readout: readout(scene),
    steps: [...firstThings(store), ...sliderStep(pinned)],
  });
}
