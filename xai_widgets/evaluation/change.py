"""How far an explanation moved, as a part of what it was."""

from __future__ import annotations

import numpy as np

from xai_widgets.attribution.result import Attribution
from xai_widgets.models.objective import Array


def rows_of(judged: Attribution, count: int) -> Array:
    """Return the values of so many explanations in rows, in float64."""
    return np.concatenate([one.reshape(count, -1) for one in judged.each], axis=1).astype(np.float64)


def change_from(here: Array, there: Array) -> Array:
    """Return |there - here| / |here| in l2 norms, (rows,), `here` again and again; nan where there was nothing."""
    sizes = np.linalg.norm(here, axis=1)
    moved = np.linalg.norm(there.reshape(-1, *here.shape) - here, axis=2)
    found: Array = np.divide(moved, sizes, out=np.full(moved.shape, np.nan), where=sizes > 0)
    return np.ravel(found)
