"""What a decomposer shows in words, and as the Python that makes it."""

from __future__ import annotations

from xai_widgets.widgets.code import batch_code, in_python
from xai_widgets.widgets.decompose_choices import ALONG, DecomposeChoices
from xai_widgets.widgets.decompose_state import DecomposeState


def decompose_sentence(choices: DecomposeChoices, state: DecomposeState) -> str:
    """Return the sentence above the pictures."""
    which = "the feature that is active most often" if state.feature is None else f"feature {state.feature}"
    along = ALONG[state.factoring.name]
    option = next(option for option in state.factoring.options() if option.name == along)
    how = f"{state.factoring.label}, {option.label.lower()} {state.options[along]:g}"
    off = f", {len(state.without)} features off" if len(state.without) > 1 else ""
    off = ", a feature off" if len(state.without) == 1 else off
    return f"{state.layer} taken apart over {len(choices.source)} pictures ({how}{off}): {which}"


def decompose_code(choices: DecomposeChoices, state: DecomposeState) -> str:
    """Return Python that gives the dictionary as ``result``, from what `dictionary` was given."""
    given = "model" if choices.name == "" else f"models[{choices.name!r}]"
    lines = [
        "import xai_widgets as xai",
        "",
        f"# {given.partition('[')[0]} and images are what dictionary() was given.",
        *batch_code(choices.source, choices.name),
        f"method = {in_python(state.factoring)}",
        f"result = method.fit({given}, x, layer={state.layer!r})",
    ]
    if state.feature is not None:
        lines.append(f"places = result.top({state.feature})")
    if choices.has_answers:
        lines.append(f"answers = result.scores(without={list(state.without)}).argmax(axis=1)")
    if any("np." in line for line in lines):
        lines.insert(0, "import numpy as np")
    return "\n".join(lines)
