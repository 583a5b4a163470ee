"""The segment that is explained, as the front end and the figures draw its outline."""

from __future__ import annotations

import numpy as np

from xai_widgets.models.objective import Array
from xai_widgets.widgets.protocol import Runs


def explained_class(labels: Array, target: int | None) -> int | None:
    """Return the class of the segment that is explained: `target`, or the largest one beside the background.

    Parameters
    ----------
    labels : int array of shape (height, width)
        The class that a segmentation answers at each place; class 0 is the background.
    target : int or None

    Returns
    -------
    int or None
        None where all is background.
    """
    if target is not None:
        return target
    counts = np.bincount(labels.reshape(-1))[1:]
    return int(counts.argmax()) + 1 if counts.any() else None


def as_runs(mask: Array) -> Runs:
    """Return a mask as JSON: its size, and how many places in reading order are outside, then inside, and so on."""
    flat = np.concatenate([[False], mask.reshape(-1), [not mask.reshape(-1)[-1]]])
    starts = np.flatnonzero(flat[1:] != flat[:-1])
    return {"height": mask.shape[0], "width": mask.shape[1], "runs": np.diff(starts, prepend=0).tolist()}
