"""What is on the screen in words: the sentence above the picture."""

from __future__ import annotations

from xai_widgets.widgets import quantities
from xai_widgets.widgets.choices import Choices
from xai_widgets.widgets.state import State


def in_words(choices: Choices, state: State, top: int | None, channel: int | None = None) -> str:
    """Return what is explained in words, with `top` as the top class and `channel` where they are known."""
    kind = choices.quantities[state.quantity]
    if kind.of_layer:
        number = channel if state.channel is None else state.channel
        spatial = len(choices.named.at(state.channel_layer).shape) > 1
        part = "channel" if spatial else "unit"
        return f"{f'the most influential {part}' if number is None else f'{part} {number}'} of {state.channel_layer}"
    target = top if state.target is None else state.target
    name = "the top class" if target is None else choices.named.class_name(target)
    if choices.named.segmentation:
        name = "the largest segment" if state.target is None else f"the segment {name}"
    if state.contrast is not None:
        return f"{name} rather than {choices.named.class_name(state.contrast)}"
    return name if state.quantity == quantities.SCORE else f"the {kind.label} of {name}"


def sentence(choices: Choices, state: State, top: int | None = None, channel: int | None = None) -> str:
    """Return the sentence above the picture."""
    if state.grid:
        return f"{len(state.grid)} methods: why {in_words(choices, state, top, channel)}"
    where = "" if state.cell.layer is None else f", at layer {state.cell.layer}"
    return f"{state.cell.title}: why {in_words(choices, state, top, channel)}{where}"
