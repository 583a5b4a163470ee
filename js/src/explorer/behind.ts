import type { Behind, Curtain } from "../shared/explanation/curtain";
import type { DrawnScene } from "../shared/explanation/scene";
import type { Frame } from "../shared/explanation/view_state";
import { Drawing } from "../shared/pixels/drawing";
import { signFor } from "../shared/pixels/sign";
import type { Header } from "../shared/protocol";
import type { ExplorerStore } from "./store";

/** An answer that came to rest. */
interface Rested {
  readonly key: string;
  readonly frame: Frame;
  readonly header: Header;
}

/** The names of what the pictures of an explorer are compared with. */
export function kinds(models: readonly string[]): [string, string][] {
  const others = models.length > 1 ? models.map((name, place): [string, string] => [String(place), name]) : [];
  return [["picture", "the picture"], ["before", "the setting before"], ...others];
}

/** What lies behind the map of each view: the picture, the map of the setting before, or that of another model. */
export function behind(
  { store, easel, signal }: DrawnScene & { readonly store: ExplorerStore },
  curtain: Curtain,
): (view: number) => Behind | undefined {
  const count = store.catalogue.models.length;
  const now: Rested[] = [];
  /** By view: a grid that is opened has more of them. */
  const drawings: Drawing[] = [];
  const before: (Rested | undefined)[] = [];
  const note = (): void => {
    if (store.moving) return;
    store.views.forEach(({ frame, header }, view) => {
      if (frame?.final !== true || header === undefined) return;
      const key = JSON.stringify(header.state);
      if (now[view]?.key !== key) before[view] = now[view];
      now[view] = { key, frame, header };
    });
  };
  store.signals.follow(["frames"], note, signal);
  const former = (view: number): Behind | undefined => {
    const rested = before[view];
    // It came to rest while it was hidden, and may be so still.
    if (rested === undefined || store.conceals(rested.header.state.index)) return undefined;
    const { frame, header } = rested;
    const photo = easel.photo(header.state.index);
    drawings[view] ??= new Drawing();
    const drawing = drawings[view];
    drawing.draw(frame.map, frame.shape, photo, {
      ...store.appearance,
      sign: signFor(store.display.sign, header.ends),
    });
    return { rgba: drawing.rgba, ...drawing.plane, words: "before" };
  };
  return (view) => {
    const { kind } = curtain;
    if (kind === "before") return former(view);
    const other = kind === "picture" ? view : view - (view % count) + Number(kind);
    const sheet = kind === "" ? undefined : easel.sheet(other);
    if (kind === "picture") return sheet?.photo && { ...sheet.photo, words: "picture" };
    if (sheet === undefined || other === view) return undefined;
    return { rgba: sheet.drawing.rgba, ...sheet.drawing.plane, words: store.catalogue.models[Number(kind)] ?? "" };
  };
}
