"""What is on the screen of an attacker."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from xai_widgets.adversarial.examination import Examiner
from xai_widgets.adversarial.projected_gradient import ProjectedGradientDescent
from xai_widgets.widgets.protocol import Attack, Norm
from xai_widgets.widgets.state import WithQuestion


@dataclass(frozen=True)
class AttackState(WithQuestion):
    """What is on the screen.

    Attributes
    ----------
    question : State
        The picture, and the method of explanation with its options.
    norm : {"l2", "linf"}
    epsilon : float
    steps, restarts : int
        As in `ProjectedGradientDescent`.
    target : int or None
        The class the attack leads to; None for any other one.
    """

    norm: Norm
    epsilon: float
    steps: int
    restarts: int
    target: int | None

    def as_dict(self) -> Attack:
        """Return the state as JSON."""
        return {
            "method": self.question.cell.name,
            "options": dict(self.question.cell.options),
            "index": self.index,
            "norm": self.norm,
            "epsilon": self.epsilon,
            "steps": self.steps,
            "restarts": self.restarts,
            "target": self.target,
        }

    def traits(self) -> dict[str, Any]:
        """Return the traits that it amounts to."""
        return {**self.as_dict()}

    def examiner(self) -> Examiner:
        """Return what attacks a picture and explains the answers."""
        return Examiner(self.attack, self.question.cell.method)

    @cached_property
    def attack(self) -> ProjectedGradientDescent:
        """The attack; made once, because that checks all of it."""
        return ProjectedGradientDescent(
            norm=self.norm,
            epsilon=self.epsilon,
            steps=self.steps,
            restarts=self.restarts,
        )
