"""What there is to choose from of a widget that compares several methods of explanation in its own way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from xai_widgets.errors import InputError, unknown_name
from xai_widgets.widgets.choices import SEVERAL, Choices
from xai_widgets.widgets.protocol import COMPARED_TRAITS
from xai_widgets.widgets.state import State, WithQuestion


class OverMethods:
    """Methods of explanation, and what else there is to choose from of those who ask more of them.

    Parameters
    ----------
    choices : Choices
        Of pictures and methods of explanation.
    """

    traits: ClassVar[tuple[str, ...]]
    """All that can be chosen, by name."""

    least: ClassVar[int] = 1
    most: ClassVar[int]
    """How many methods there may be at once."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.models, self.named = choices.models, choices.named
        self.refusals, self.counted = choices.refusals, choices.counted

    def remember(self, state: WithQuestion) -> None:
        """Take note of what is in view, for when a method comes back."""
        self.choices.remember(state.question)

    def only_model(self) -> str:
        """Return the name of the only model.

        Raises
        ------
        ValueError
            If there are several.
        """
        if len(self.models) > 1:
            raise InputError(
                f"Found {len(self.models)} models; expected one, whose explanations are judged. Make a widget of each."
            )
        (name,) = self.models
        return name

    def several(self, count: int) -> State:
        """Return the picture and the methods to start from: so many of these, each of a family of its own."""
        question = self.choices.changed(self.choices.first(), {"grid": SEVERAL})
        return self.choices.changed(question, {"grid": list(question.known["grid"])[:count], "focus": 0})

    def asked(self, state: WithQuestion, changes: Mapping[str, Any]) -> tuple[State, dict[str, Any]]:
        """Return what becomes of the picture and the methods with some fields changed, and the changes of all else.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose.
        """
        for name in changes:
            if name not in self.traits:
                raise unknown_name("choice", name, self.traits)
        asked = {name: value for name, value in changes.items() if name in COMPARED_TRAITS}
        question = self.choices.changed(state.question, asked) if asked else state.question
        if not self.least <= len(question.grid) <= self.most:
            expected = f"{self.least} to {self.most}" if self.least else f"at most {self.most}"
            raise InputError(f"There are {len(question.grid)} methods; expected {expected}.")
        return question, {name: value for name, value in changes.items() if name not in COMPARED_TRAITS}
