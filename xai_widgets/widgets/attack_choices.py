"""What there is to choose from of an attack, and how far its slider goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from xai_widgets.adversarial.projected_gradient import (
    NORM,
    RESTARTS,
    STEPS,
    check_model,
)
from xai_widgets.errors import InputError, InputTypeError, shown, unknown_name
from xai_widgets.option import Option
from xai_widgets.widgets.attack_state import AttackState
from xai_widgets.widgets.choices import Choices
from xai_widgets.widgets.protocol import ATTACK_TRAITS

FROM_QUESTION = ("method", "options", "index")


FIRST_EPSILON = {"l2": 1.0, "linf": 0.1}
"""Where the slider starts, as a share of the width of the bounds."""

SLIDER_POWER = 2
"""The slider runs with this power of its position, which leaves more room to small changes."""

LONGEST = 10
"""So many times the width of the bounds is the longest change on the slider; large pictures flip long before."""

EPSILON_DIGITS = 4


class AttackChoices:
    """What there is to choose from, and what follows from a choice.

    Parameters
    ----------
    choices : Choices
        Of pictures and methods of explanation.

    Raises
    ------
    ValueError
        If the models cannot be attacked in the same units.
    """

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.models, self.named = choices.models, choices.named
        self.refusals, self.counted = choices.refusals, choices.counted
        for model in self.models.values():
            check_model(model)
        self.width = _common_width(choices)
        first = choices.source.input(next(iter(self.models)), 0).value
        if first.ndim < 2:
            raise InputError(
                f"attack() shows pictures, but the models take vectors of {first.size} numbers; use "
                "ProjectedGradientDescent(epsilon=...)(model, x)."
            )
        self.elements = int(first.size)
        self._epsilons: dict[str, float] = {}
        """How far the attack last went, by norm."""

    def first(self) -> AttackState:
        """Return the state to start from; the gradient itself shows best what an attack changes."""
        question = self.choices.changed(self.choices.first(), {"method": "saliency"})
        return AttackState(question, "l2", self._first_epsilon("l2"), STEPS.default, RESTARTS.default, None)

    def remember(self, state: AttackState) -> None:
        """Take note of what is in view, for when its method or its norm comes back."""
        self.choices.remember(state.question)
        self._epsilons[state.norm] = state.epsilon

    def reach(self, norm: str) -> float:
        """Return how far the slider goes: an eighth of the diagonal of all inputs within the bounds, or half a side."""
        largest = self.width * (min(np.sqrt(self.elements) / 8, LONGEST) if norm == "l2" else 0.5)
        return float(f"{largest:.2g}")

    def per_norm(self, radius: float, norm: str) -> float:
        """Return the reach in `norm` that lies within an l2 `radius`, whatever the direction."""
        return radius if norm == "l2" else radius / float(np.sqrt(self.elements))

    def changed(self, state: AttackState, changes: Mapping[str, Any]) -> AttackState:
        """Return `state` with some fields changed, checked as a whole.

        Another norm without an epsilon brings the one it had: a length and a largest change do not compare.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose.
        """
        for name in changes:
            if name not in ATTACK_TRAITS:
                raise unknown_name("choice", name, ATTACK_TRAITS)
        asked = {name: value for name, value in changes.items() if name in FROM_QUESTION}
        question = self.choices.changed(state.question, asked) if asked else state.question
        own = {name: value for name, value in changes.items() if name not in FROM_QUESTION}
        norm = own.get("norm", state.norm)
        if not (isinstance(norm, str) and norm in NORM.choices):
            raise InputError(f"norm is {shown(norm)}; expected {' or '.join(map(repr, NORM.choices))}.")
        if norm != state.norm and "epsilon" not in own:
            own["epsilon"] = self._epsilon_of(norm)
        if own.get("target") is not None:
            own["target"] = self.choices.named.target(own["target"])
        made = replace(state, question=question, **own)
        attack = made.attack
        epsilon = float(f"{attack.epsilon:.{EPSILON_DIGITS}g}")
        return replace(made, epsilon=epsilon, steps=attack.steps, restarts=attack.restarts)

    def catalogue(self) -> dict[str, Any]:
        """Return what the front end needs beside what it needs for explanations."""
        shown: list[tuple[str, Option]] = [("steps", STEPS), ("restarts", RESTARTS)]
        return {
            "norms": {norm: {"reach": self.reach(norm), "first": self._first_epsilon(norm)} for norm in NORM.choices},
            "power": SLIDER_POWER,
            "width": self.width,
            "attack": [{**option.as_dict(), "name": name} for name, option in shown],
        }

    def _epsilon_of(self, norm: Any) -> float:
        """Return how far the attack went when this norm was last in view, or goes at first."""
        known = self._epsilons.get(norm) if isinstance(norm, str) else None
        return self._first_epsilon(norm) if known is None else known

    def _first_epsilon(self, norm: Any) -> float:
        share = FIRST_EPSILON.get(norm) if isinstance(norm, str) else None
        if share is None:
            raise InputTypeError(f"norm is {shown(norm)}; expected {' or '.join(map(repr, NORM.choices))}.")
        return float(f"{min(self.width * share, self.reach(norm)):.{EPSILON_DIGITS}g}")


def _common_width(choices: Choices) -> float:
    """Return the width of the bounds, the same for all models; where there are none, that of the pictures' values."""
    bounds = {model.bounds for model in choices.models.values()}
    if len(bounds) > 1:
        found = ", ".join(f"{name!r} has {model.bounds}" for name, model in choices.models.items())
        raise InputError(f"The bounds of the models differ: {found}. One epsilon for all needs the same bounds.")
    common = bounds.pop()
    if common is not None:
        return float(common[1] - common[0])
    name = next(iter(choices.models))
    values = [choices.source.input(name, index).value for index in range(len(choices.source))]
    return float(max(value.max() for value in values) - min(value.min() for value in values)) or 1.0
