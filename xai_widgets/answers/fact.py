"""What an answer says of itself beside its numbers, in words."""

from __future__ import annotations

from typing import NamedTuple


class Fact(NamedTuple):
    """One thing to know of an answer: what it is called, how much it is, and a sentence on what that means."""

    label: str
    value: str
    sentence: str
