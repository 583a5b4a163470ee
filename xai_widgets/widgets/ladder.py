"""The stops of a slider, at which a method is tried by itself, so that a curve is there before anybody moves it."""

from __future__ import annotations

from math import floor, log2
from typing import Any

from xai_widgets.concepts.factors.factors import Factoring, Rows
from xai_widgets.concepts.factors.nonnegative_factors import NonNegativeFactors
from xai_widgets.widgets.decompose_choices import ALONG

DIGITS = 6
"""A slider says its values with so many digits."""


def ladder(way: Factoring[Any], rows: Rows) -> list[float]:
    """Return the values of the option along which a method is tried by itself; of what takes seconds, none."""
    if isinstance(way, NonNegativeFactors):
        return []
    option = next(option for option in way.options() if option.name == ALONG[way.name])
    low, high = option.slider or (option.default, option.default)
    step, high = option.step or 1, option.default if high is None else high
    if option.scale == "doublings":
        stops = floor(log2(high / low) / step + 1e-9)
        return [float(f"{low * 2 ** (step * stop):.{DIGITS}g}") for stop in range(stops + 1)]
    # There are no more directions than units.
    most = min(high, *rows.matrix.shape)
    return [float(low + step * stop) for stop in range(floor((most - low) / step) + 1)]
