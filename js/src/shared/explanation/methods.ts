import { type Group, Picker } from "../controls/picker";
import type { Catalogue, MethodEntry, Refusals } from "../protocol";
import type { LiveScene } from "./scene";

const NONE = { name: "", label: "Methods", sentence: "" };

/** The methods as a menu shows them: by family, each with its sentence, its reference, and why it is not for a model. */
export function families({ families: known = [], methods }: Catalogue, refusals: Refusals): Group[] {
  const entry = ({ name, label, sentence, reference }: MethodEntry) => ({
    value: name,
    label,
    sentence,
    reference,
    refusal: refusals[name],
  });
  const named = new Set(known.map(({ name }) => name));
  const others = methods.filter(({ family = "" }) => !named.has(family));
  const groups = known.map(({ name, label, sentence }) => ({
    heading: label,
    sentence,
    entries: methods.filter(({ family }) => family === name).map(entry),
  }));
  const rest = { heading: NONE.label, sentence: NONE.sentence, entries: others.map(entry) };
  return [...groups, rest].filter(({ entries }) => entries.length > 0);
}

/** The menu of methods. */
export function methodPicker({ store, signal }: LiveScene, label: string, words?: string): Picker {
  const picker = new Picker(label, (name) => store.chooseMethod(name), signal, words);
  let refusals: Refusals | undefined;
  let groups: Group[] = [];
  const show = (): void => {
    if (refusals !== store.refusals) {
      refusals = store.refusals;
      groups = families(store.catalogue, refusals);
    }
    picker.show(groups, store.method.name);
  };
  store.signals.follow(["question", "offer"], show, signal);
  return picker;
}
