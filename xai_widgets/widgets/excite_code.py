"""What an exciter shows in words, and as the Python that makes it."""

from __future__ import annotations

from xai_widgets.widgets.code import in_python
from xai_widgets.widgets.excite_choices import ExciteChoices
from xai_widgets.widgets.excite_state import ExciteState


def what(choices: ExciteChoices, state: ExciteState) -> str:
    """Return what is excited, in words."""
    if state.channel is None:
        return choices.named.class_name(state.target)
    return f"channel {state.channel} of {state.layer}"


def excite_sentence(choices: ExciteChoices, state: ExciteState) -> str:
    """Return the sentence above the picture."""
    of = f" in {state.network}" if len(choices.models) > 1 else ""
    if state.inverts:
        return f"What {state.layer}{of} keeps of picture {state.index + 1}"
    begun = f", beginning with picture {state.index + 1}" if state.start == "picture" else ""
    return f"What excites {what(choices, state)}{of}{begun}"


def excite_code(choices: ExciteChoices, state: ExciteState) -> str:
    """Return Python that gives the picture as ``result``, from what `excite` was given."""
    bare = "" in choices.models
    given = "model" if bare else f"models[{state.network!r}]"
    named, begun = "model" if bare else "models", state.begins_with_picture
    images = " and images are" if begun else f" {'is' if bare else 'are'}"
    lines = ["import xai_widgets as xai", "", f"# {named}{images} what excite() was given."]
    if begun:
        expression = state.source.input(state.network, state.index).expression
        lines.append(f"x = {expression}")
        if "np." in expression:
            lines.insert(0, "import numpy as np")
    if state.inverts:
        asked = f"x, layer={state.layer!r}"
    else:
        asked = f"quantity={in_python_terms(choices, state)}{', x=x' if begun else ''}"
    lines.append(f"result = {in_python(state.mover)}({given}, {asked})")
    return "\n".join(lines)


def in_python_terms(choices: ExciteChoices, state: ExciteState) -> str:
    """Return the Python that makes what is excited."""
    if state.channel is not None:
        return f"xai.Channel({state.layer!r}, {state.channel})"
    model = choices.models[state.network]
    unique = model.classes is not None and model.classes.count(model.classes[state.target]) == 1
    name = model.class_name(state.target) if unique else state.target
    return f"xai.{type(choices.quantity(state)).__name__}({name!r})"
