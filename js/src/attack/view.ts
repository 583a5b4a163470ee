import { attribute, button, h, style } from "../shared/dom";
import { card } from "../shared/explanation/card";
import { curtain } from "../shared/explanation/curtain";
import { displayPanel, methodPanel } from "../shared/explanation/panel";
import { arrange } from "./arrange";
import { Column } from "./column";
import { epsilon } from "./epsilon";
import { attackPanel } from "./panel";
import { readout } from "./readout";
import type { AttackScene } from "./scene";
import { sentence } from "./sentence";
import type { AttackStore } from "./store";

/** One view of an attacker. Whatever it listens to ends with `signal`; who made it takes the element away. */
export function view(store: AttackStore, signal: AbortSignal): HTMLElement {
  const divider = curtain({ store, signal }, [["before", "before"]]);
  const scene: AttackScene = { store, signal, comparing: false, curtain: divider, limits: new Map(), limit: undefined };
  const turn = (): void => {
    scene.comparing = !scene.comparing;
    attribute(compare, "aria-pressed", scene.comparing);
    show();
  };
  const compare = button("Show before", turn, signal, { "aria-pressed": false });
  const columns = store.views.map((_, index) => new Column(scene, index));
  let measured = "";
  const show = (): void => {
    for (const column of columns) column.lay();
    const { scale, sign } = store.display;
    // While a slider moves the scale holds still: what grows is seen to grow.
    const unit = `${[store.question.method, sign, scale]}`;
    if (!store.moving || measured !== unit) {
      scene.limit = scale === "shared" ? Math.max(0, ...scene.limits.values()) : undefined;
      measured = unit;
    }
    for (const column of columns) column.show();
  };
  store.signals.follow(["frames", "display"], show, signal);
  const compared = h("div", { class: "xai-compared xai-shown" }, ...columns.map(({ element }) => element));
  arrange(compared, signal);
  const stage = h("div", {}, epsilon(scene), compared);
  style(stage, { "--xai-models": columns.length });
  return card(scene, {
    name: "Attacker",
    kind: "xai-attacker",
    sentence: sentence(scene),
    actions: [compare],
    stage,
    settings: [attackPanel(scene), methodPanel(scene), displayPanel(scene, [divider.control])],
    readout: readout(scene),
    steps: ["Drag Epsilon: so far may the attack go.", "Show before: the picture as it was."],
    curtain: divider,
  });
}
