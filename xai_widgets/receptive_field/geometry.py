"""Where a change along one axis shows after a local operation, and what the operation has to read there.

A span is as long for one window as for another, so that they can be computed together. It may hold places that did not
change, and never leaves one out that did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Local:
    """An operation along one axis: place o of its output reads o * stride - padding + dilation * (0 ... kernel - 1)."""

    kernel: int = 1
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    @property
    def width(self) -> int:
        """From the first place that one output reads to the last."""
        return self.dilation * (self.kernel - 1) + 1


@dataclass(frozen=True, eq=False)
class Span:
    """For each window `size` places of an axis, from its own start on."""

    starts: Array
    size: int

    def same(self, other: Span) -> bool:
        """Whether both are the same places."""
        return self.size == other.size and np.array_equal(self.starts, other.starts)


def spanning(first: Array, last: Array, length: int) -> Span:
    """Return spans that hold the places from `first` to `last` of an axis of `length`, and lie inside it."""
    first, last = np.clip(first, 0, length - 1), np.clip(last, 0, length - 1)
    size = max(int((last - first).max()) + 1, 1)
    return Span(np.minimum(first, length - size), size)


def reached(span: Span, local: Local, length: int) -> Span:
    """Return where a change in `span` can show in an output of `length`."""
    padded = span.starts + local.padding
    first = -((local.width - 1 - padded) // local.stride)
    return spanning(first, (padded + span.size - 1) // local.stride, length)


def needed(span: Span, local: Local) -> Span:
    """Return what an operation reads to compute `span` of its output; beyond the borders it reads padding."""
    return Span(span.starts * local.stride - local.padding, (span.size - 1) * local.stride + local.width)


def joined(spans: Sequence[Span], length: int) -> Span:
    """Return spans that hold all of `spans`."""
    first = np.min([span.starts for span in spans], axis=0)
    last = np.max([span.starts + span.size for span in spans], axis=0) - 1
    return spanning(first, last, length)
