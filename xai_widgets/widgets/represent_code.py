"""What is compared, in words, and as the Python that compares it."""

from __future__ import annotations

from xai_widgets.widgets.code import batch_code, in_python
from xai_widgets.widgets.represent_choices import RepresentChoices
from xai_widgets.widgets.represent_state import RepresentState


def represent_sentence(choices: RepresentChoices, state: RepresentState) -> str:
    """Return the sentence above the matrix."""
    if state.one == state.other:
        whose = f"the layers of {state.one} are to each other" if state.one else "the layers are to each other"
    else:
        whose = f"the layers of {state.one} and {state.other} are"
    return f"How alike {whose} by {state.similarity.label}, over {len(choices.source)} pictures"


def represent_code(choices: RepresentChoices, state: RepresentState) -> str:
    """Return Python that gives the comparison as ``result``, from what `representations` was given."""
    given = "models" if state.one else "model"
    names = [f"models[{name!r}]" if name else "model" for name in (state.one, state.other)]
    ours, theirs = (batch_code(choices.source, name) for name in (state.one, state.other))
    beside = [] if ours == theirs else [theirs[0].replace("x = ", "x_b = ", 1), *theirs[1:]]
    layers = [choices.layers[name] for name in (state.one, state.other)]
    lines = [
        "import xai_widgets as xai",
        "",
        f"# {given} and images are what representations() was given.",
        *ours,
        *beside,
        f"layers = {layers[0]!r}" if layers[0] == layers[1] else f"layers = ({layers[0]!r}, {layers[1]!r})",
        f"index = {in_python(state.similarity)}",
        f"result = xai.compare({names[0]}, {names[1]}, x, index, layers=layers{', x_b=x_b' if beside else ''})",
        f"result.of({state.layer!r}, {state.beside!r})",
    ]
    if any("np." in line for line in lines):
        lines.insert(0, "import numpy as np")
    return "\n".join(lines)
