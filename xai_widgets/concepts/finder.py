"""What finds something that a network has learnt, as it is listed and described."""

from __future__ import annotations

from typing import ClassVar

from xai_widgets.answers.registry import AnswerKind
from xai_widgets.option import Optioned


class Finder(Optioned):
    """What a way to look inside says of itself. Options are keywords and are checked at once.

    Subclasses are frozen dataclasses whose fields are options. They are called with a network and inputs; what they
    find is a `Progress`, and their `stream` yields it while it gets better.
    """

    answers: ClassVar[AnswerKind] = "concept"
    name: ClassVar[str]
    label: ClassVar[str]
    sentence: ClassVar[str]
    reference: ClassVar[str]

    @classmethod
    def place(cls) -> str:
        """Where it stands among its kind."""
        return cls.name
