"""Decisions on people in a table with a protected column and a proxy of it: drawn, so that what is fair is known."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from xai_course.networks.architecture import Architecture, Dense, Relu

Array = NDArray[np.float64]

COLUMNS = ("group", "district", "skill", "practice")
"""The protected column, what tells it, and what a decision should go by; the last three standardised."""
GROUP, DISTRICT = 0, 1
CLASSES = ("no", "yes")

UNITS = 8
RATE, BATCH, STEPS = 0.02, 128, 400
BETAS, EPSILON = (0.9, 0.999), 1e-8
"""As Adam has them (Kingma, Ba 2015)."""

SMALL = Architecture(
    "decisions", (len(COLUMNS),), {"hidden": Dense(UNITS), "relu": Relu(), "scores": Dense(len(CLASSES))}
)
LINE = Architecture("line", (len(COLUMNS),), {"scores": Dense(1)})

Bias = Literal["group", "district", "none"]


class Decisions(NamedTuple):
    """People, what they deserved, and what was decided."""

    rows: NDArray[np.float32]
    """(people, 4): the columns of `COLUMNS`."""
    deserved: NDArray[np.bool_]
    """Whether skill and practice were enough, with some luck."""
    decided: NDArray[np.bool_]
    """What somebody decided, who may have looked at something else too."""

    @property
    def ours(self) -> NDArray[np.bool_]:
        """Who is in the group that decisions are biased for."""
        return self.rows[:, GROUP] > 0


def table(count: int, columns: int, seed: int = 0) -> Array:
    """Return rows (count, columns) of normal columns of mean 0 and variance 1, any two of them without correlation."""
    rows = np.random.default_rng(seed).normal(size=(count, columns))
    rows -= rows.mean(axis=0)
    sizes, axes = np.linalg.eigh(rows.T @ rows / count)
    found: Array = rows @ (axes / np.sqrt(sizes)) @ axes.T
    return found


def decisions(
    count: int = 1500, bias: Bias = "group", *, proxy: float = 0.8, strength: float = 1.5, seed: int = 0
) -> Decisions:
    """Return people and decisions on them.

    Parameters
    ----------
    count : int, default 1500
    bias : {"group", "district", "none"}, default "group"
        What past decisions went by beside what was deserved.
    proxy : float, default 0.8
        The correlation of the district with the group.
    strength : float, default 1.5
        How much the bias counts, where skill counts 1.
    seed : int, default 0
    """
    random = np.random.default_rng(seed)
    group = random.permutation(np.where(np.arange(count) < count // 2, 1.0, -1.0))
    district = proxy * group + np.sqrt(1 - proxy**2) * random.normal(size=count)
    skill, practice, luck = random.normal(size=(3, count))
    worth = skill + 0.5 * practice + 0.3 * luck
    unfair = {"group": group, "district": district, "none": np.zeros(count)}[bias]
    rows = np.column_stack([group, district, skill, practice]).astype(np.float32)
    return Decisions(rows, worth > 0, worth + strength * unfair > 0)


def trained(
    rows: NDArray[np.float32],
    decided: NDArray[np.bool_],
    *,
    without_group: bool = False,
    fairness: float = 0.0,
    seed: int = 0,
) -> dict[str, NDArray[np.float32]]:
    """Return the weights of a small network that was trained on decisions, the same for both frameworks.

    Parameters
    ----------
    rows : array of shape (people, 4)
    decided : bool array of shape (people,)
    without_group : bool, default False
        Whether it cannot read the protected column: the weights of it stay at 0.
    fairness : float, default 0
        What the squared difference of the groups' mean score costs beside the cross-entropy.
    seed : int, default 0
    """
    random = np.random.default_rng(seed)
    read = np.ones((UNITS, len(COLUMNS)))
    read[:, GROUP] = 0.0 if without_group else 1.0
    parts = [read * random.normal(size=read.shape) / 2, np.zeros(UNITS), random.normal(size=UNITS) / 3, np.zeros(1)]
    moments = [[np.zeros_like(part), np.zeros_like(part)] for part in parts]
    ours = rows[:, GROUP] > 0
    for step in range(1, STEPS + 1):
        chosen = random.integers(0, len(rows), BATCH)
        x, y, own = rows[chosen].astype(np.float64), decided[chosen], ours[chosen]
        weights, bias, head, offset = parts
        before = x @ weights.T + bias
        hidden = np.maximum(before, 0)
        score = hidden @ head + offset
        slope = (1 / (1 + np.exp(-score)) - y) / BATCH
        side = own / max(own.sum(), 1) - ~own / max((~own).sum(), 1)
        slope += fairness * 2 * (side @ score) * side
        back = np.outer(slope, head) * (before > 0)
        slopes = [read * (back.T @ x), back.sum(axis=0), hidden.T @ slope, slope.sum(keepdims=True)]
        for part, moment, found in zip(parts, moments, slopes, strict=True):
            for place, (beta, power) in enumerate(zip(BETAS, (1, 2), strict=True)):
                moment[place] = beta * moment[place] + (1 - beta) * found**power
            mean, square = (one / (1 - beta**step) for one, beta in zip(moment, BETAS, strict=True))
            part -= RATE * mean / (np.sqrt(square) + EPSILON)
    weights, bias, head, offset = (part.astype(np.float32) for part in parts)
    return {
        "hidden.weight": weights,
        "hidden.bias": bias,
        "scores.weight": np.stack([-head, head]) / 2,  # Of two classes only the difference counts.
        "scores.bias": np.concatenate([-offset, offset]) / 2,
    }


def network(lab: ModuleType, weights: dict[str, NDArray[np.float32]]) -> Any:
    """Return the network with these weights in a framework."""
    return lab.build(SMALL, weights)


def line(lab: ModuleType, weights: list[float]) -> Any:
    """Return a network that is a weighted sum of four columns."""
    return lab.build(LINE, {"scores.weight": np.float32([weights]), "scores.bias": np.zeros(1, np.float32)})


def parity_difference(yes: NDArray[np.bool_], ours: NDArray[np.bool_]) -> float:
    """Return the demographic parity difference: how much more often the one group has a yes than the other."""
    return float(yes[ours].mean() - yes[~ours].mean())


def odds_difference(yes: NDArray[np.bool_], ours: NDArray[np.bool_], deserved: NDArray[np.bool_]) -> float:
    """Return the equalised odds difference: the same among those who deserve a yes or do not, where it is larger.

    Hardt, Price, Srebro (2016).
    """
    alike = [yes[deserved == one] for one in (True, False)]
    groups = [ours[deserved == one] for one in (True, False)]
    return float(max(abs(parity_difference(one, group)) for one, group in zip(alike, groups, strict=True)))
