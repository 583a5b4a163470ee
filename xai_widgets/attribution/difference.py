"""How far the maps of several models are apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def difference(answers: Sequence[Any]) -> dict[str, float] | None:
    """Return how far several maps are apart, or None while they are not refined alike.

    Returns
    -------
    dict or None
        ``largest`` is the largest absolute difference from the first map; ``relative`` the same divided by the largest
        magnitude of the first map.
    """
    if len(answers) < 2:
        return None
    present = [answer for answer in answers if answer is not None]
    # By what is left: of a model that was asked before, what was spent is less.
    if len(present) < len(answers) or len({one.planned - one.evaluations for one in present}) > 1:
        return None
    first, *others = (_whole(answer.map) for answer in present)
    if any(other.shape != first.shape for other in others):
        return None
    largest = max(float(np.abs(other - first).max()) for other in others)
    scale = float(np.abs(first).max())
    return {"largest": largest, "relative": largest / scale if scale else float(largest > 0)}


def _whole(found: Any) -> Any:
    """Return a map as one array; of several input tensors the maps one behind the other."""
    if isinstance(found, Mapping):
        found = tuple(found.values())
    if not isinstance(found, tuple):
        return np.asarray(found, float)
    return np.concatenate([np.ravel(one).astype(float) for one in found])
