import { h, on, tell } from "../dom";
import { travel } from "../history";
import { keepKeys } from "../keys";
import { code } from "./code";
import { cover } from "./cover";
import type { Curtain } from "./curtain";
import { firstSteps } from "./first_steps";
import { opener } from "./opener";
import { presenter } from "./presenter";
import { saving } from "./saving";
import type { CodedScene } from "./scene";
import { shortcuts } from "./shortcuts";
import { helpOnTap } from "./tap_help";
import { thumbnails } from "./thumbnails";
import { travelKeys, travels } from "./travels";
import { zoom } from "./zoom";

/** What a live widget puts into its card. */
export interface Parts {
  /** What a screen reader calls the widget. */
  readonly name: string;
  /** The class of the card, for what is the widget's own. */
  readonly kind: string;
  readonly sentence: HTMLElement;
  /** Buttons before those that every card has. */
  readonly actions?: readonly HTMLElement[];
  /** What is looked at, with the slider that stands under it. */
  readonly stage: HTMLElement;
  /** The sections behind the button "Settings". */
  readonly settings: readonly HTMLElement[];
  readonly readout: HTMLElement;
  /** What to do first, in short sentences that fit what is there. */
  readonly steps: readonly string[];
  /** Whether the strip of inputs stands at the side, and what stands at its end. */
  readonly strip?: boolean;
  readonly end?: HTMLElement | undefined;
  /** What its pictures can be compared with. */
  readonly curtain?: Curtain;
  /** What is said over the stage; null is nothing. */
  error?(): string | null;
  /** Whether the keys that undo are for something else than the settings. */
  readonly ownHistory?: boolean;
}

/**
 * One view of a live widget: the sentence on top, the stage, the settings, which leave it the room until they are asked
 * for, and what it cost. What went wrong is said where one looks, over the dimmed stage.
 */
export function card(scene: CodedScene, parts: Parts): HTMLElement {
  const { store, signal } = scene;
  const { stage, error: failure = () => store.error } = parts;
  const present = h("button", { type: "button" }, "Present");
  const error = h("div", { class: "xai-error", role: "alert", hidden: true });
  const lines = code(scene);
  const panel = h(
    "aside",
    { class: "xai-panel", "aria-label": "Settings" },
    ...parts.settings,
    saving(scene),
    travels(scene),
  );
  const settings = opener("Settings", panel, signal);
  const strip = parts.strip === false ? undefined : thumbnails(scene, parts.end);
  stage.classList.add("xai-stage");
  stage.prepend(error);
  const actions = h("div", { class: "xai-actions" }, ...(parts.actions ?? []), settings, lines.button, present);
  const root = h(
    "div",
    { class: "xai", role: "group", "aria-label": parts.name },
    h(
      "div",
      { class: `xai-card ${parts.kind}` },
      h("header", { class: "xai-top" }, parts.sentence, actions),
      lines.panel,
      h("div", { class: "xai-body" }, ...(strip === undefined ? [] : [strip]), stage, panel),
      parts.readout,
    ),
  );
  keepKeys(root, signal, (event) => travel(event) !== undefined);
  if (parts.ownHistory !== true) travelKeys(root, scene);
  const over = cover(stage, scene);
  parts.curtain?.hang(over);
  const keys = shortcuts(root, scene, present, settings, zoom(root, over, signal), parts.curtain);
  const [first, again] = firstSteps(
    root,
    () => [...parts.steps, "Press ? for all keys, F for the stage."],
    store,
    signal,
  );
  parts.readout.firstElementChild?.prepend(first);
  keys.append(again);
  panel.append(keys);
  helpOnTap(root, signal);
  const size = {
    isLarge: () => store.display.presenter,
    present(large: boolean) {
      // There they lie over what is looked at: they are to be asked for anew.
      if (large && !panel.hidden) settings.click();
      store.draw({ presenter: large });
      store.settleDisplay();
    },
  };
  on(root, "keydown", signal, (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || panel.hidden) return;
    settings.click();
    settings.focus();
    event.preventDefault();
  });
  const showSize = presenter(size, root, present, signal);
  const showError = (): void => {
    const words = failure();
    tell(error, words ?? "");
    stage.classList.toggle("xai-failing", words !== null && store.errors.size >= store.views.length);
  };
  store.signals.follow(["display"], showSize, signal);
  store.signals.follow(["frames"], showError, signal);
  return root;
}
