"""How far sampled Shapley values are from the exact ones at equal cost, beside Captum's: counted, not timed."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import captum.attr
import numpy as np
import torch

import xai_widgets as xai
from benchmarks.networks import TARGET, face_torch, picture
from benchmarks.report import Row, Table
from benchmarks.size import Size

ROWS, COLUMNS = 3, 4
PLAYERS = ROWS * COLUMNS
BUDGETS = (60, 120, 240, 480, 960)
"""Evaluations of single inputs; all coalitions are 4096."""

EXACT = f"""\
The small face CNN on a picture of {ROWS} x {COLUMNS} squares, filled with grey: {2**PLAYERS} coalitions, all evaluated
for the exact Shapley values of a class's probability. Figures are root mean squares over seeds of the error's norm, as
a share of the norm of the exact values; each has spent as many evaluations of single inputs, give or take one order.
Captum's ShapleyValueSampling draws independent orders, and its KernelShap draws coalitions with replacement and gives
both ends a large weight."""

CHOICES = """\
The same network, picture and cost: what drawing each order with its reverse, and each coalition with its complement,
does to ours."""

Estimator = Callable[[int, int], tuple[np.ndarray, int]]
"""From a budget and a seed to an estimate and what it cost."""


def tables(size: Size) -> list[Table]:
    """Return the tables of errors beside Captum's and beside ours without pairs."""
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", module="captum")
    game = face_game(size.side)
    exact = np.array(list(game.shapley().values()))
    ours = {
        "antithetic": by_orders(game, antithetic=True),
        "independent": by_orders(game, antithetic=False),
        "paired": by_kernel(game, paired=True),
        "unpaired": by_kernel(game, paired=False),
    }
    theirs = captum_estimators(game)

    def rows(name: str, one: Estimator, other: Estimator, against: str) -> Iterator[Row]:
        for budget in BUDGETS[: 1 if size.repetitions == 1 else None]:
            found, peer = (error(estimator, exact, budget, size) for estimator in (one, other))
            title = f"{name}, {budget} evaluations"
            yield Row(name=title, ours=found, against=against, theirs=peer, unit="% error", limit=1)

    beside = [
        rows("Shapley sampling", ours["antithetic"], theirs["orders"], "Captum ShapleyValueSampling"),
        rows("KernelSHAP", ours["paired"], theirs["kernel"], "Captum KernelShap"),
    ]
    chosen = [
        rows("Orders with their reverse", ours["antithetic"], ours["independent"], "independent orders"),
        rows("Coalitions with their complement", ours["paired"], ours["unpaired"], "independent coalitions"),
    ]
    return [
        Table("Sampled Shapley values at equal cost", EXACT, list(itertools.chain(*beside))),
        Table("What pairs do to sampled Shapley values", CHOICES, list(itertools.chain(*chosen))),
    ]


def face_game(side: int) -> xai.Game:
    """Return the game that the small face CNN plays with the squares of a picture, all coalitions evaluated once."""
    x = np.ascontiguousarray(np.moveaxis(picture(side), -1, 0))
    model = xai.wrap(face_torch(side), input_shape=x.shape)
    places = np.arange(side)
    squares = (places[:, None] * ROWS // side) * COLUMNS + places * COLUMNS // side
    played = xai.Game.of(model, x, xai.Probability(TARGET), features=squares, baseline=0.5)
    return xai.Game(played.players, played.coalitions())


def error(estimator: Estimator, exact: np.ndarray, budget: int, size: Size) -> float:
    """Return the root mean square over seeds of the relative error, in percent, at this cost."""
    squares = []
    for seed in range(2 * size.repetitions):
        found, cost = estimator(budget, seed)
        if abs(cost - budget) > PLAYERS + 2:
            raise RuntimeError(f"An estimate cost {cost} evaluations; expected {budget}, or nothing is compared.")
        squares.append((np.linalg.norm(found - exact) / np.linalg.norm(exact)) ** 2)
    return 100 * float(np.sqrt(np.mean(squares)))


def by_orders(game: xai.Game, *, antithetic: bool) -> Estimator:
    """Return our estimator from random orders."""

    def estimate(budget: int, seed: int) -> tuple[np.ndarray, int]:
        *_, last = game.sample((budget - 2) // (PLAYERS - 1), seed, antithetic=antithetic)
        return np.array(list(last.values.values())), last.evaluations

    return estimate


def by_kernel(game: xai.Game, *, paired: bool) -> Estimator:
    """Return our estimator by least squares."""

    def estimate(budget: int, seed: int) -> tuple[np.ndarray, int]:
        *_, last = game.kernel(budget - 2, seed, paired=paired)
        return np.array(list(last.values.values())), last.evaluations

    return estimate


def captum_estimators(game: xai.Game) -> dict[str, Estimator]:
    """Return Captum's estimators on the same values: its network looks them up, and counts its rows."""
    codes = 2 ** np.arange(PLAYERS)
    table = np.zeros(2**PLAYERS)
    for coalition, value in game.coalitions().items():
        table[sum(1 << game.players.index(player) for player in coalition)] = value
    inside = torch.ones(1, PLAYERS)
    spent = 0

    def network(rows: Any) -> Any:
        nonlocal spent
        spent += len(rows)
        return torch.tensor(table[(rows.numpy() > 0.5) @ codes])

    def counted(method: Any, samples: Callable[[int], int]) -> Estimator:
        def estimate(budget: int, seed: int) -> tuple[np.ndarray, int]:
            nonlocal spent
            spent = 0
            torch.manual_seed(seed)
            np.random.seed(seed)  # noqa: NPY002  # it is what Captum draws from
            found = method.attribute(inside, n_samples=samples(budget))
            return found[0].numpy().astype(np.float64), spent

        return estimate

    return {
        "orders": counted(captum.attr.ShapleyValueSampling(network), lambda budget: (budget - 1) // PLAYERS),
        "kernel": counted(captum.attr.KernelShap(network), lambda budget: budget),
    }
