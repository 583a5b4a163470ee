"""What a forked process makes anew: locks that were held by a thread which the child does not have."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Renewable(Protocol):
    """Something with locks."""

    def renew(self) -> None:
        """Make the locks anew; called in a forked process, where no other thread is."""


_known: weakref.WeakSet[Renewable] = weakref.WeakSet()


def renew_in_child(thing: Renewable) -> None:
    """Have the locks of `thing` made anew in every process that is forked from this one, as long as it is there.

    A data loader forks while a worker computes. What the worker held at that moment would never be let go of.
    """
    _known.add(thing)


def _renew_all() -> None:
    for thing in list(_known):
        thing.renew()


if hasattr(os, "register_at_fork"):  # Windows does not fork.
    os.register_at_fork(after_in_child=_renew_all)
