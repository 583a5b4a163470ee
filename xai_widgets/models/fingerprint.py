"""The fingerprint of a network: two of them are equal exactly where its weights are.

Counters of changes, such as PyTorch has, do not see all of them (``parameter.data.mul_(2)``), and answers do not tell:
where a network is sure of itself its probabilities stay the same while gradients move by a third. So the numbers
themselves are read, all of them. That takes a few milliseconds for a network of five million, less than one pass.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import numpy as np

from xai_widgets.models.objective import Array


def fingerprint(tensors: Iterable[tuple[str, Array]]) -> str | None:
    """Return the checksum of arrays and of what they are called, in their order; None where there are none."""
    found = count = 0
    for name, array in tensors:
        found = zlib.crc32(f"{name} {array.shape} {array.dtype.char}".encode(), found)
        found = zlib.crc32(np.ascontiguousarray(array).data, found)
        count += 1
    return f"{count}-{found:08x}" if count else None
