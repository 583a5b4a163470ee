import type { Control } from "../shared/controls/control";
import { optionControl } from "../shared/controls/option_control";
import { resets } from "../shared/controls/reset";
import { h } from "../shared/dom";
import type { Attack } from "../shared/protocol";
import type { AttackScene } from "./scene";

/** The controls of the attack itself, built from what it declares. */
export function attackPanel({ store, signal }: AttackScene): HTMLElement {
  const controls = store.catalogue.attack.map((option): readonly [keyof Attack, Control] => {
    const name = option.name as keyof Attack;
    const handlers = {
      hold: (held: boolean) => store.hold(name, held),
      move: (value: unknown) => store.move({ [name]: value }),
      settle: () => store.settle(),
    };
    const control = optionControl(option, handlers, signal);
    resets(control.element, handlers, () => option.default, signal);
    return [name, control];
  });
  const show = (): void => {
    for (const [name, control] of controls) control.show(store.question[name]);
  };
  store.signals.follow(["question"], show, signal);
  return h(
    "section",
    { "aria-label": "Settings of the attack" },
    h("h3", {}, "Attack"),
    h("div", { class: "xai-controls" }, ...controls.map(([, { element }]) => element)),
  );
}
