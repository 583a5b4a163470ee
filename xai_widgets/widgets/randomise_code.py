"""What a randomiser shows in words, and as the Python that makes it."""

from __future__ import annotations

from xai_widgets.evaluation.randomisation import forgotten
from xai_widgets.widgets.code import methods_code, quantity_code
from xai_widgets.widgets.randomise_choices import RandomiseChoices
from xai_widgets.widgets.randomise_state import RandomiseState
from xai_widgets.widgets.words import in_words


def layers_reset(choices: RandomiseChoices, state: RandomiseState) -> list[str]:
    """Return the layers that are reset at the depth in view."""
    return [] if state.depth == 0 else forgotten(choices.copies.groups, state.depth - 1, state.order)


def randomise_sentence(choices: RandomiseChoices, state: RandomiseState) -> str:
    """Return the sentence above the pictures."""
    layers = layers_reset(choices, state)
    why = f"why {in_words(choices.choices, state.question, None)}"
    if not layers:
        return f"{', '.join(state.titles)}: {why}, the trained network"
    first, last = layers[0], layers[-1]
    which = f"layer {first}" if first == last else f"layers {first} to {last}"
    return f"{', '.join(state.titles)}: {why}, with {which} reset"


def randomise_code(choices: RandomiseChoices, state: RandomiseState) -> str:
    """Return Python that gives how alike the maps are as ``result``, and the maps in view as ``maps``."""
    ((name, model),) = choices.models.items()
    given = "model" if not name else f"models[{name!r}]"
    x = state.question.input(name).expression
    lines = ["import xai_widgets as xai", "", f"# {'models' if name else 'model'} and images are what randomise() got."]
    if "np." in x:
        lines.insert(0, "import numpy as np")
    made, layer, each = methods_code(state.question)
    metric = f"xai.ParameterRandomisation(order={state.order!r}, draws={state.draws})"
    lines += [f"x = {x}", *made]
    layers, asked = layers_reset(choices, state), quantity_code(choices.choices, state.question, name)
    if state.question.target is None and layers and not model.segmentation:
        # The class of the trained network: it is another one that a network answers when it has forgotten.
        lines.append(f"top = int({given}.scores(x[None])[0].argmax())")
        asked = asked.replace("()", "(top)")
    shown = given
    if layers:
        shown = "reset"
        lines.append(f"reset = {given}.randomised({layers!r}, seed={state.metric.seed})")
    lines += [
        f"quantity = {asked}",
        f"randomise = {metric}",
        f"maps = {{title: method({shown}, x, quantity=quantity{layer}).map {each}}}",
        f"result = {{title: randomise({given}, x, method=method, quantity=quantity{layer}) {each}}}",
    ]
    return "\n".join(lines)
