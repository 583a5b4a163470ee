import { History } from "../shared/history";
import type { Patch } from "../shared/protocol";
import { cut, difference, emptyLayer, isEmpty, type Layer } from "./pixels/layer";

const MOST_BYTES = 48 * 2 ** 20;

/** The layers that a picture had: of large ones fewer. */
export function newHistory(): History<Layer> {
  return new History((kept) => MOST_BYTES / kept.length);
}

interface Sheet {
  layer: Layer;
  /** What the kernel has. */
  sent: Layer;
  history: History<Layer>;
  /** The layer before a stroke that is being drawn. */
  begun: Layer | undefined;
}

/** The paint on each picture. A layer is replaced and never changed, so that one that is seen again is the same. */
export class Paints {
  readonly #sheets = new Map<number, Sheet>();

  constructor(
    private readonly sizes: readonly { readonly width: number; readonly height: number }[],
    private readonly by: string,
  ) {}

  layer(index: number): Layer {
    return this.#sheet(index).layer;
  }

  isPainted(index: number): boolean {
    const sheet = this.#sheets.get(index);
    return sheet !== undefined && !isEmpty(sheet.layer);
  }

  canUndo(index: number): boolean {
    return this.#sheets.get(index)?.history.canUndo ?? false;
  }

  canRedo(index: number): boolean {
    return this.#sheets.get(index)?.history.canRedo ?? false;
  }

  /** Whether a stroke is being drawn on a picture. */
  isHeld(index: number): boolean {
    return this.#sheets.get(index)?.begun !== undefined;
  }

  /** Begins a stroke; until it ends, what is put are its stages. */
  begin(index: number): Layer {
    const sheet = this.#sheet(index);
    sheet.begun ??= sheet.layer;
    return sheet.begun;
  }

  /** Ends a stroke, which then is one step of the history; says whether it painted anything. */
  end(index: number): boolean {
    const sheet = this.#sheet(index);
    const { begun } = sheet;
    sheet.begun = undefined;
    if (begun === undefined || difference(begun, sheet.layer, this.#width(index)) === undefined) return false;
    sheet.history.add(begun);
    return true;
  }

  /** Puts another layer in place of the present one. */
  put(index: number, layer: Layer): void {
    this.#sheet(index).layer = layer;
  }

  undo(index: number): boolean {
    return this.#step(index, (sheet) => sheet.history.undo(sheet.layer));
  }

  redo(index: number): boolean {
    return this.#step(index, (sheet) => sheet.history.redo(sheet.layer));
  }

  /** Takes a layer that comes from the kernel, which has it already. */
  take(index: number, layer: Layer): void {
    const sheet = this.#sheet(index);
    if (sheet.begun !== undefined) return;
    if (difference(sheet.layer, layer, this.#width(index)) !== undefined) {
      sheet.history.add(sheet.layer);
      sheet.layer = layer;
    }
    sheet.sent = layer;
  }

  /** Takes note that the kernel has this layer, and maybe no more: all that differs is sent again. */
  has(index: number, layer: Layer): void {
    this.#sheet(index).sent = layer;
  }

  /** The pictures that were ever painted on. */
  get indices(): number[] {
    return [...this.#sheets.keys()];
  }

  /** What the kernel does not have yet; it is taken to have it from now on. */
  unsent(): { patches: Patch[]; buffers: ArrayBuffer[] } {
    const patches: Patch[] = [];
    const buffers: ArrayBuffer[] = [];
    for (const [index, sheet] of this.#sheets) {
      const width = this.#width(index);
      const rectangle = difference(sheet.sent, sheet.layer, width);
      if (rectangle === undefined) continue;
      patches.push({ index, by: this.by, ...rectangle });
      buffers.push(cut(sheet.layer, width, rectangle).buffer);
      sheet.sent = sheet.layer;
    }
    return { patches, buffers };
  }

  #step(index: number, next: (sheet: Sheet) => Layer | undefined): boolean {
    const sheet = this.#sheet(index);
    const layer = sheet.begun === undefined ? next(sheet) : undefined;
    if (layer === undefined) return false;
    sheet.layer = layer;
    return true;
  }

  #width(index: number): number {
    return this.sizes[index]?.width ?? 1;
  }

  #sheet(index: number): Sheet {
    let sheet = this.#sheets.get(index);
    if (sheet === undefined) {
      const { width, height } = this.sizes[index] ?? { width: 1, height: 1 };
      const layer = emptyLayer(width, height);
      sheet = { layer, sent: layer, history: newHistory(), begun: undefined };
      this.#sheets.set(index, sheet);
    }
    return sheet;
  }
}
