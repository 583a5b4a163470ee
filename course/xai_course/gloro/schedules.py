"""What changes while a robust network is trained."""

from __future__ import annotations


def robust_weight(step: int, steps: int, last: float) -> float:
    """Return lambda, the weight of the robust term, which rises linearly from 0 to `last`."""
    return last * step / max(steps - 1, 1)


def learning_rate(step: int, steps: int, first: float, last: float) -> float:
    """Return the learning rate: `first` for half of the steps, then falling exponentially to `last`."""
    half = steps // 2
    if step < half:
        return first
    return first * (last / first) ** ((step - half) / max(steps - 1 - half, 1))
