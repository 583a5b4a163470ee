"""What a prototype viewer shows in words, and as the Python that makes it."""

from __future__ import annotations

from xai_widgets.widgets.code import batch_code
from xai_widgets.widgets.prototype_choices import PrototypeChoices
from xai_widgets.widgets.prototype_state import PrototypeState


def prototype_sentence(choices: PrototypeChoices, state: PrototypeState) -> str:
    """Return the sentence above the bill."""
    named = choices.named
    target = "its answer" if state.target is None else named.class_name(state.target)
    contrast = "" if state.contrast is None else f", beside {named.class_name(state.contrast)}"
    out = len(state.without)
    without = f", with {out} prototype{'s' if out > 1 else ''} struck out" if out else ""
    of = f" in {state.network}" if state.network else ""
    return f"What picture {state.index + 1} looks like{of}, and what that adds to {target}{contrast}{without}"


def prototype_code(choices: PrototypeChoices, state: PrototypeState) -> str:
    """Return Python that gives what looks like what as ``result``, from what `prototypes` was given."""
    given = f"models[{state.network!r}]" if state.network else "model"
    lines = [
        "import xai_widgets as xai",
        "",
        f"# {given.partition('[')[0]}, images and training are what prototypes() was given.",
        f"x = {state.source.input(state.network, state.index).expression}",
        *batch_code(choices.training, state.network, called="seen", given="training"),
        f"result = xai.Prototypes({state.layer!r}, seen)({given}, x)",
    ]
    if state.target is None:
        lines.append("target = int(result.scores.argmax())")
    else:
        model = choices.models[state.network]
        unique = model.classes is not None and model.classes.count(model.classes[state.target]) == 1
        lines.append(f"target = {(model.class_name(state.target) if unique else state.target)!r}")
    lines.append("points = result.points(target)")
    if state.without:
        lines.append(f"without = result.without({list(state.without)})")
    if any("np." in line for line in lines):
        lines.insert(0, "import numpy as np")
    return "\n".join(lines)
