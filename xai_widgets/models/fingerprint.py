"""The fingerprint of a network: two of them are equal exactly where its weights are.

Counters of changes, such as PyTorch has, do not see all of them (``parameter.data.mul_(2)``), and answers do not tell:
where a network is sure of itself its probabilities stay the same while gradients move by a third. So the numbers
themselves are read, all of them. That takes a few milliseconds for a network of five million, less than one pass.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from xai_widgets.models.objective import Array


def fingerprint(names: Sequence[str], arrays: Sequence[Array]) -> str | None:
    """Return the checksum of arrays and of what they are called, in their order; None where there are none."""
    found = 0
    for name, array in zip(names, arrays, strict=True):
        found = zlib.crc32(f"{name} {array.shape} {array.dtype.char}".encode(), found)
        found = zlib.crc32(np.ascontiguousarray(array).data, found)
    return f"{len(arrays)}-{found:08x}" if arrays else None
