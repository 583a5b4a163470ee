"""Adversarial training as data: which loss, how far and how hard the attack, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class AdversarialRecipe:
    """How a network is trained against an attack: by Adam, with the rates of `xai_course.gloro`.

    Attributes
    ----------
    loss : {"attacked", "trades"}
        "attacked" is the cross-entropy at the pictures that the attack finds (Madry and others 2018). "trades" is the
        cross-entropy at the pictures themselves, plus `weight` times the divergence KL(p(x), p(x')) from there to the
        worst pictures (Zhang and others 2019): what the answer is, and that it stays, are asked apart.
    epsilon : float
        How far the attack may go (l2).
    steps : int
        Of the attack, each of length 2.5 epsilon / steps.
    weight : float
        One over lambda, in the words of Zhang and others; of no use to the other loss.
    epochs, batch : int
    rate, last_rate : float
        The learning rate: `rate` for the first half, then falling exponentially to `last_rate`.
    """

    loss: Literal["attacked", "trades"]
    epsilon: float = 0.45
    steps: int = 3
    weight: float = 6.0
    epochs: int = 4
    batch: int = 256
    rate: float = 2e-3
    last_rate: float = 1e-4


RECIPES = {"adversarial": AdversarialRecipe(loss="attacked"), "TRADES": AdversarialRecipe(loss="trades")}
"""Those of lesson 4: within the distance for which its robust network is trained."""
