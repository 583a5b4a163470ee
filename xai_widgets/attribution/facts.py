"""What a result says of itself beside its numbers, in words: how sure it is, how faithful, and how it was computed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from xai_widgets.answers.fact import Fact
from xai_widgets.models.objective import Array


def facts_of(found: Any) -> list[Fact]:
    """Return what there is to know of a result, of a batch the least favourable."""
    return [*_error(found), *_fidelity(found), *_path(found), *_nowhere(found)]


def is_exact(found: Any) -> bool:
    """Whether all there was to compute is computed: nothing was sampled, cut into steps or searched for."""
    if not found.final:
        return False
    if found.standard_error is not None:
        return not _rows(found.standard_error, found.question.single).any()
    # What is counted in doublings is how much of it is drawn or walked.
    return found.method.family != "contrastive" and "doublings" not in [one.scale for one in found.method.options()]


def within(found: Any) -> float | None:
    """Return how far a result may be off, as a part of its largest value: by its standard error, or else by its gap."""
    sampled = None if found.standard_error is None else _sampled(found)
    if sampled is not None:
        share = float(sampled[1].max())
    else:
        share = float(np.max(found.gap)) if found.gap is not None else math.nan
    return share if math.isfinite(share) else None


def _sampled(found: Any) -> tuple[Array, Array] | None:
    """Return the largest standard error of each input, and as a part of its largest value; None if none is drawn."""
    single = found.question.single
    error = None if found.standard_error is None else _rows(found.standard_error, single)
    if error is None or not np.nan_to_num(error).any():  # unknown yet, or computed and not sampled
        return None
    largest = np.nanmax(error, axis=1)
    scale = np.abs(_rows(found.values, single)).max(axis=1)
    return largest, np.divide(largest, scale, out=np.full(largest.shape, np.inf), where=scale > 0)


def _rows(values: Any, single: bool) -> Array:
    """Return values as a row for each input, those of several input tensors one behind the other."""
    each = list(values.values()) if isinstance(values, Mapping) else values
    arrays = [np.asarray(one) for one in (each if isinstance(each, list | tuple) else [each])]
    return np.concatenate([one.reshape(1 if single else len(one), -1) for one in arrays], axis=1)


def _error(found: Any) -> list[Fact]:
    sampled = None if found.standard_error is None else _sampled(found)
    if sampled is None:
        return []
    largest, shares = sampled
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
    return [Fact("computed again", "only around each window", "Elsewhere nothing changes: the answer is the same.")]


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
