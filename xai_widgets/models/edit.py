"""A change of what a layer puts out, as passes make it."""

from __future__ import annotations

from dataclasses import dataclass

from xai_widgets.models.objective import Array


@dataclass(frozen=True, eq=False)
class Edit:
    """A layer that puts out `output * factor + offset` in the place of its output, for every input.

    Attributes
    ----------
    layer : str
    factor, offset : array of a shape that spreads over one input's output
    words : str
        What is changed, for whoever reads the model.
    """

    layer: str
    factor: Array
    offset: Array
    words: str
