import { RandomiseStore } from "./randomise/store";
import { view } from "./randomise/view";
import type { RandomiseTraits } from "./shared/protocol";
import { defineWidget } from "./shared/widget";

export default defineWidget<RandomiseTraits, RandomiseStore>(RandomiseStore, view);
