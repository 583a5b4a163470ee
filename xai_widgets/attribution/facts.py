"""What a result says of itself beside its numbers, in words: how sure it is, how faithful, and how it was computed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from xai_widgets.answers.fact import Fact


def facts_of(found: Any) -> list[Fact]:
    """Return what there is to know of a result, of a batch the least favourable."""
    return [*_error(found), *_fidelity(found), *_path(found), *_nowhere(found)]


def _error(found: Any) -> list[Fact]:
    error = found.standard_error
    if error is None or not np.nan_to_num(error).any():  # unknown yet, or computed and not sampled
        return []
    axes = None if found.question.single else tuple(range(1, error.ndim))
    largest = np.atleast_1d(np.nanmax(error, axis=axes))
    scale = np.atleast_1d(np.abs(found.values).max(axis=axes))
    shares = np.divide(largest, scale, out=np.full(largest.shape, np.inf), where=scale > 0)
    worst = int(shares.argmax())
    value = f"± {largest[worst]:.2g}"
    if math.isfinite(shares[worst]):
        value += f" ({_percent(shares[worst])})"
    facts = [
        Fact("error", value, "The largest standard error of a value, and the same as a part of the largest value.")
    ]
    tolerance = getattr(found.method, "tolerance", 0)
    if tolerance and getattr(found, "final", True):
        reached = bool(shares[worst] <= tolerance)
        words = f"by itself at {_percent(tolerance)}" if reached else f"before {_percent(tolerance)} was reached"
        sentence = "It was to stop when its largest standard error is that part of its largest value."
        facts.append(Fact("stopped", words, sentence))
    return facts


def _fidelity(found: Any) -> list[Fact]:
    if found.fidelity is None:
        return []
    fidelity = np.atleast_1d(np.asarray(found.fidelity, float))
    known = fidelity[np.isfinite(fidelity)]
    if not known.size:
        return []
    sentence = "How much of the quantity's variation around the input the simple model explains; 1 is all (R²)."
    return [Fact("fidelity R²", f"{known.min():.2f}", sentence)]


def _path(found: Any) -> list[Fact]:
    if found.path != "windows":
        return []
    return [
        Fact("computed", "what windows reach", "Only what a window can reach was computed again, not whole inputs.")
    ]


def _nowhere(found: Any) -> list[Fact]:
    """What stands nowhere in the input: its values are in no map."""
    cut = found.question.cut
    if cut.layer is None or not cut.layout.placeless:
        return []
    (layout,) = found.layouts
    sums = np.atleast_1d(layout.nowhere(found.values))
    if not sums.any():
        return []
    value = f"{sums[np.abs(sums).argmax()]:.3g}"
    count = "1 element of the layer" if layout.placeless == 1 else f"{layout.placeless} elements of the layer"
    sentence = f"The sum of what is in no map: {count} stand{'s' * (layout.placeless == 1)} nowhere in the input."
    return [Fact("without a place", value, sentence)]


def _percent(share: float) -> str:
    return f"{100 * share:.2g} %" if share < 1 else f"{100 * share:.0f} %"
