import { slider } from "../shared/controls/slider";
import { h, write } from "../shared/dom";
import { Plot } from "../shared/plot";
import { renewals } from "../shared/signals";
import { percent } from "../shared/words";
import { type EraserScene, kindOf } from "./scene";

/** The curves of what is left, and under them, along the same scale, the slider that erases. */
export function curves({ store, signal }: EraserScene): HTMLElement {
  const handlers = {
    hold: (held: boolean) => store.hold("share", held),
    move: (value: unknown) => {
      const { steps } = store.question;
      store.move({ share: Number((Math.round(Number(value) * steps) / steps).toPrecision(6)) });
    },
    settle: () => store.settle(),
  };
  const plot = new Plot(handlers, signal);
  const track = h("div", { class: "xai-share xai-along" });
  const [from, to] = [h("span"), h("span")];
  const renewed = renewals(signal);
  let built = "";
  let control: ReturnType<typeof slider> | undefined;
  const build = (): void => {
    const { way, steps } = store.question;
    if (built === `${[way, steps]}`) return;
    built = `${[way, steps]}`;
    const label = way === "erase" ? "Erased" : "Revealed";
    const hadFocus = track.contains(document.activeElement);
    control = slider(
      { low: 0, high: 1, step: 1 / steps, doublings: false, whole: false },
      {
        label,
        sentence: `How much of the picture is ${label.toLowerCase()}, what the map holds most relevant first.`,
        text: percent,
        spoken: percent,
      },
      handlers,
      renewed(),
    );
    track.replaceChildren(control.element);
    if (hadFocus) control.element.querySelector("input")?.focus();
    write(from, `nothing ${label.toLowerCase()}`);
    write(to, `all ${label.toLowerCase()}`);
  };
  const show = (): void => {
    build();
    const { share } = store.question;
    control?.show(share);
    const first = store.views.find(({ header }) => header !== undefined)?.header;
    const measured = store.views.find(({ frame }) => frame?.measured)?.frame?.measured ?? "probability";
    const lines = store.views.flatMap((view, place) => {
      const { shares: x = [], curve = [], other = [] } = view.frame ?? {};
      const kind = kindOf(store, place);
      return [
        { kind, x, y: other, dashed: true },
        { kind, x, y: curve, dot: view.at(share) },
      ];
    });
    plot.show(`${measured} of ${first?.quantity ?? "the class"}`, lines, share);
  };
  store.signals.follow(["question", "frames"], show, signal);
  const meaning = h(
    "span",
    { class: "xai-plot-key", "aria-hidden": true },
    h("i", {}),
    "most relevant first",
    h("i", { class: "xai-dashed" }),
    "least relevant first",
  );
  return h(
    "section",
    { class: "xai-curves", "aria-label": "What is left of the answer" },
    plot.element,
    track,
    h("div", { class: "xai-share-ends xai-along", "aria-hidden": true }, from, meaning, to),
  );
}
