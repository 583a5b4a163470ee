/** What a control tells its owner. Moving is live; settling comes once, when the person lets go. */
export interface Handlers {
  /** The person took hold of the control, or let it go: while held, nothing else moves it. */
  hold(held: boolean): void;
  move(value: unknown): void;
  settle(): void;
}

export interface Control {
  readonly element: HTMLElement;
  /** Shows a value that came from elsewhere. */
  show(value: unknown): void;
  /** Of several choices, lets those alone be chosen that are possible now. */
  offer?(possible: (choice: string) => boolean): void;
}
