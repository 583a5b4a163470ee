"""How far an answer has come on its way to its final form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Progress:
    """What a stream says of each answer that it yields, whatever it answers.

    Attributes
    ----------
    evaluations : int
        Passes of single inputs that it took so far, forward or forward and backward.
    planned : int
        The evaluations that the final answer will have taken.
    change : float
        norm(values - previous values) / norm(values); nan for the first answer of a stream.
    final : bool
        Whether this is the last one.
    state : object or None
        What a stream needs to go on from here; None where nothing can.
    """

    evaluations: int
    planned: int
    change: float = float("nan")
    final: bool = True
    state: Any = field(default=None, repr=False)

    @property
    def nbytes(self) -> int:
        """About how much memory it takes to keep this answer."""
        return 0
