"""CPU time on a machine that others use too: medians over interleaved repetitions."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

Key = TypeVar("Key")
Work = Callable[[], Any]


def milliseconds(works: Mapping[Key, Work], repetitions: int) -> dict[Key, float]:
    """Return the median CPU milliseconds of each work, all threads counted.

    The works take turns, so that what else the machine does falls on all of them alike. The first turn, in which
    functions are traced and memory is touched, does not count.
    """
    spent: dict[Key, list[float]] = {key: [] for key in works}
    for turn in range(repetitions + 1):
        for key, work in works.items():
            start = time.process_time()
            work()
            if turn:
                spent[key].append(1000 * (time.process_time() - start))
    return {key: statistics.median(times) for key, times in spent.items()}


def fastest(works: Mapping[Key, Work], repetitions: int) -> Key:
    """Return the key of the fastest work: this is how a peer is tuned. A single one is not run."""
    if len(works) == 1:
        return next(iter(works))
    times = milliseconds(works, repetitions)
    return min(times, key=times.__getitem__)


def largest_difference(found: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest difference as a share of the largest expected value; as it is where all of those are zero."""
    if found.shape != expected.shape:
        raise ValueError(f"The results have shapes {found.shape} and {expected.shape}; expected the same.")
    return float(np.abs(found - expected).max() / (np.abs(expected).max() or 1))
