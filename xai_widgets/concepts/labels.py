"""The classes that are right for inputs, as they are given."""

from __future__ import annotations

from numpy.typing import ArrayLike

from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.arrays import as_array
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array


def checked_labels(labels: ArrayLike, count: int, model: Model) -> Array:
    """Return the numbers of the right classes of so many inputs, or say what is wrong with them.

    Raises
    ------
    ValueError, TypeError
        If they are no whole numbers, not as many, no classes of the model, or it has no classes.
    """
    if model.segmentation or model.outputs == "values":
        raise InputError("Expected a network that answers with one class for each input; wrap says what it puts out.")
    found = as_array(labels)
    if found.dtype.kind not in "iu":
        raise InputTypeError(f"labels is {shown(labels)}; expected the numbers of the right classes.")
    if found.shape != (count,) or found.min() < 0 or found.max() >= model.output_count:
        raise InputError(
            f"labels has shape {found.shape} with numbers from {found.min(initial=0)} to {found.max(initial=0)}; "
            f"expected ({count},), from 0 to {model.output_count - 1}."
        )
    return found
