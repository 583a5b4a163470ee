"""What a pass lets go of stays with the process, for the pass that comes next.

The C library of Linux gives large blocks back to the system as soon as they are free, and takes a fault for each of
their pages when the next pass asks for them: of a small network in PyTorch that is up to a quarter of a pass. What is
large it learns from the blocks that are freed. So one of the largest that it learns from is freed, which nobody has
touched, so that it costs nothing; then it keeps up to twice as much. Other systems do as they always do.
"""

from __future__ import annotations

from functools import cache

import numpy as np

MOST_LEARNT = 31 * 2**20
"""Blocks from 32 MB on are given back whatever was freed before."""


@cache
def keep_freed() -> None:
    """Have the process keep what is freed, so that the next pass finds it; once is enough."""
    np.empty(MOST_LEARNT, np.uint8)
