"""Masks of what is known to matter in pictures, as they are given."""

from __future__ import annotations

from typing import Any

import numpy as np

from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.objective import Array
from xai_widgets.widgets.pictures import Pictures


def checked_masks(masks: Any, source: Pictures) -> list[Array | None]:
    """Return a mask for each picture, as far as there are any.

    Raises
    ------
    ValueError, TypeError
        If they are no masks of these pictures.
    """
    if masks is None:
        return []
    # Tensors have the method of a length, those of a single number too.
    scalar = np.shape(masks) == () if hasattr(masks, "shape") else not hasattr(masks, "__len__")
    if isinstance(masks, str | bytes) or scalar:
        raise InputTypeError(f"masks is {shown(masks)}; expected an array of bool (pictures, H, W), or a list of such.")
    sizes = [picture.shape[:2] for picture in source.shown if picture is not None]
    listed = list(masks)
    if len(listed) != len(sizes):
        raise InputError(f"There are {len(listed)} masks for {len(sizes)} pictures; expected one for each, or None.")
    found: list[Array | None] = []
    for index, (mask, size) in enumerate(zip(listed, sizes, strict=True)):
        array = None if mask is None else np.asarray(mask)
        if array is not None and (array.shape != size or array.dtype.kind not in "biu"):
            raise InputError(
                f"The mask of picture {index} is {array.dtype} of shape {array.shape}; expected bool of shape {size}."
            )
        found.append(None if array is None else array.astype(bool))
    return found
