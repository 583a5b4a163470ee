"""What an attack says of itself."""

from __future__ import annotations

from typing import ClassVar

from xai_widgets.answers.registry import AnswerKind
from xai_widgets.option import Optioned


class Attack(Optioned):
    """A frozen dataclass whose fields are options, keywords that are checked at once, and what it says of itself."""

    answers: ClassVar[AnswerKind] = "attack"
    name: ClassVar[str]
    label: ClassVar[str]
    sentence: ClassVar[str]
    reference: ClassVar[str]

    @classmethod
    def place(cls) -> str:
        """Where it stands among all attacks."""
        return cls.name
