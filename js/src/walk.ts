import type { WalkTraits } from "./shared/protocol";
import { defineWidget } from "./shared/widget";
import { WalkStore } from "./walk/store";
import { view } from "./walk/view";

export default defineWidget<WalkTraits, WalkStore>(WalkStore, view);
