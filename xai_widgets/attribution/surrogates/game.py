"""Games: players, and what each coalition of them is worth; the small world in which Shapley values are at home."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import chain, combinations, permutations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.progress import Progress
from xai_widgets.answers.quantity import Quantity
from xai_widgets.answers.refine import refine
from xai_widgets.attribution.baseline import Baseline
from xai_widgets.attribution.features import FeatureChoice
from xai_widgets.attribution.surrogates.coalitions import (
    MOST_PLAYERS,
    Coalitions,
    CoalitionSampler,
    EveryCoalition,
    Permutations,
)
from xai_widgets.attribution.surrogates.regression import KernelSamples
from xai_widgets.attribution.surrogates.shapley import ExactShapley
from xai_widgets.errors import InputError, InputTypeError, shown, unknown_name
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array

Coalition = tuple[str, ...]


@dataclass(frozen=True)
class Order:
    """One order in which the players of a game enter, and what each of them brings; made by `Game.orders`.

    Attributes
    ----------
    players : tuple of str
        In the order in which they enter.
    values : tuple of float
        What the coalition is worth before anybody is in, and after each entry: one more than there are players.

    Examples
    --------
    >>> game = xai.Game(["left", "right"], {(): 0, "left": 0, "right": 0, ("left", "right"): 10})
    >>> next(game.orders()).contributions
    {'left': 0.0, 'right': 10.0}
    """

    players: Coalition
    values: tuple[float, ...]

    @property
    def contributions(self) -> dict[str, float]:
        """What the value rises by when each player enters: the marginal contributions, in the order of entry."""
        steps = zip(self.players, self.values, self.values[1:], strict=False)
        return {player: after - before for player, before, after in steps}


@dataclass(frozen=True, eq=False, repr=False)
class GameEstimate(Progress):
    """An estimate of the Shapley values of a game; made by `Game.sample` and `Game.kernel`.

    Attributes
    ----------
    values : dict
        By player.
    standard_error : dict
        By player; nan while too little is known.
    evaluations : int
        How many coalitions were asked for their value, those of nobody and of all included.
    planned, change, final, state
        How far it has come, see `Progress`.

    Examples
    --------
    >>> game = xai.Game(["left", "right"], {(): 0, "left": 0, "right": 0, ("left", "right"): 10})
    >>> *_, last = game.sample(4)
    >>> last.values
    {'left': 5.0, 'right': 5.0}
    """

    values: dict[str, float]
    standard_error: dict[str, float]


class Game:
    """A cooperative game: players, and the value of each coalition of them (Shapley 1953).

    Parameters
    ----------
    players : sequence of str
        Their names.
    value : callable or dict
        What a coalition is worth. A function gets the names of those who are in, a tuple in the order of `players`. A
        dict has such tuples as keys (in any order; sets will do, and a name for a single player) and holds every
        coalition, also the empty one.

    Raises
    ------
    ValueError, TypeError
        If names repeat, or a coalition is missing in the dict or unknown.

    References
    ----------
    Shapley (1953), A Value for n-Person Games.

    Examples
    --------
    >>> game = xai.Game(["left", "right"], {(): 0, ("left",): 0, ("right",): 0, ("left", "right"): 10})
    >>> game.shapley()
    {'left': 5.0, 'right': 5.0}
    """

    def __init__(self, players: Sequence[str], value: Callable[[Coalition], float] | Mapping[Any, float]) -> None:
        self.players: Coalition = _names("players", players)
        if not self.players or len(set(self.players)) < len(self.players):
            raise InputError(f"players is {players!r}; expected at least one name, and none twice.")
        if isinstance(value, Mapping):
            self._value = self._table(value).__getitem__
        elif callable(value):
            self._value = value
        else:
            raise InputTypeError(f"value is {value!r}; expected a function of a coalition, or a dict by coalition.")
        self._known: dict[Coalition, float] = {}

    @classmethod
    def of(
        cls,
        model: Model,
        x: ArrayLike,
        quantity: Quantity | None = None,
        *,
        features: FeatureChoice = "squares",
        size: int = 24,
        baseline: Baseline = "black",
        names: Sequence[str] | None = None,
    ) -> Game:
        """Return the game that a model plays at one input: features are players, a quantity is what they are worth.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array
            One input.
        quantity : Quantity, optional
            By default the top class at `x`.
        features : {"superpixels", "squares", "pixels", "channels"} or array of int, default "squares"
            What the players are, as in `ExactShapley`.
        size : int, default 24
            The side of a square in pixels.
        baseline : {"black", "white", "mean", "blur"}, number or array, default "black"
            What takes the place of players that are out.
        names : sequence of str, optional
            What the players are called; by default their numbers.

        Returns
        -------
        Game

        Raises
        ------
        ValueError, TypeError
            If something does not fit.

        Examples
        --------
        >>> game = xai.Game.of(model, x, xai.Logit("cross"), size=4)
        >>> len(game.shapley())
        4
        """
        method = ExactShapley(features=features, size=size, baseline=baseline)
        question = method.ask(model, x, quantity)
        if not question.single:
            raise InputError(f"x is a batch of {len(question.batch)} inputs; expected one input.")
        players = method.players(question)
        count = players.features.count
        called = tuple(map(str, range(count))) if names is None else _names("names", names)
        if len(called) != count:
            raise InputError(f"There are {len(called)} names for {count} features; expected one for each.")

        def value(coalition: Coalition) -> float:
            present = np.array([[name in coalition for name in called]])
            return float(players.worth(present)[0, 0])

        return cls(called, value)

    def value(self, *players: str) -> float:
        """Return what the coalition of these players is worth; without any, what the game starts from.

        Parameters
        ----------
        *players : str
            Who is in, in any order.

        Raises
        ------
        ValueError
            If there is no such player, or what the coalition is worth is no finite number.
        """
        for player in players:
            if player not in self.players:
                raise unknown_name("player", player, self.players)
        coalition = tuple(player for player in self.players if player in players)
        if coalition in self._known:
            return self._known[coalition]
        worth = float(self._value(coalition))
        if not math.isfinite(worth):
            raise InputError(f"The value of {coalition} is {worth}; expected a finite number.")
        if len(self.players) <= MOST_PLAYERS:  # Beyond, what is remembered could grow without end.
            self._known[coalition] = worth
        return worth

    def coalitions(self) -> dict[Coalition, float]:
        """Return the value of every coalition, the smallest first."""
        self._check_countable()
        return {coalition: self.value(*coalition) for coalition in self._all()}

    def orders(self) -> Iterator[Order]:
        """Return all orders in which the players can enter, one by one: 6 of three players, 24 of four."""
        for order in permutations(self.players):
            values = tuple(self.value(*order[:entered]) for entered in range(len(order) + 1))
            yield Order(order, values)

    def shapley(self) -> dict[str, float]:
        """Return the Shapley values by player: their contributions averaged over all orders, exactly.

        Raises
        ------
        ValueError
            If there are more than 16 players; sample then.
        """
        self._check_countable()
        *_, last = self._stream(lambda players, empty, full: EveryCoalition(players, empty, full))
        return last.values

    def sample(self, samples: int = 1000, seed: int = 0, *, antithetic: bool = True) -> Iterator[GameEstimate]:
        """Return estimates from random orders, better and better (Castro, Gomez, Tejada 2009).

        Parameters
        ----------
        samples : int, default 1000
            How many orders.
        seed : int, default 0
        antithetic : bool, default True
            Whether each order is followed by itself backwards, so that their errors cancel in part.
        """
        number = _positive("samples", samples)
        return self._stream(lambda players, empty, full: Permutations(players, empty, full, number, seed, antithetic))

    def kernel(self, samples: int = 1000, seed: int = 0, *, paired: bool = True) -> Iterator[GameEstimate]:
        """Return estimates of KernelSHAP, better and better (Lundberg and Lee 2017).

        Parameters
        ----------
        samples : int, default 1000
            How many coalitions; with 2^n - 2 of n players the last estimate is exact.
        seed : int, default 0
        paired : bool, default True
            Whether each coalition that is drawn is followed by its complement.
        """
        number = _positive("samples", samples)
        return self._stream(lambda players, empty, full: KernelSamples(players, empty, full, number, seed, paired))

    def __repr__(self) -> str:
        return f"Game of {len(self.players)} players: {', '.join(self.players)}"

    def _stream(self, made: Callable[[int, Array, Array], Coalitions]) -> Iterator[GameEstimate]:
        ends = np.array([[self.value()], [self.value(*self.players)]])
        sampler = _GameSampler(self, made(len(self.players), *ends))
        return (estimate for estimate in refine(sampler) if estimate is not None)

    def _all(self) -> Iterator[Coalition]:
        """Every coalition, the smallest first and in the order of the players."""
        return chain.from_iterable(combinations(self.players, size) for size in range(len(self.players) + 1))

    def _table(self, values: Mapping[Any, float]) -> dict[Coalition, float]:
        """The dict with tuples in the order of the players as keys."""
        table = {}
        for key, worth in values.items():
            members: Iterable[str] = (key,) if isinstance(key, str) else key
            if not isinstance(members, tuple | Set):
                raise InputTypeError(f"value has the key {shown(key)}; expected tuples of players, or sets of them.")
            for player in members:
                if player not in self.players:
                    raise unknown_name("player", player, self.players)
            table[tuple(player for player in self.players if player in members)] = worth
        missing = next((coalition for coalition in self._all() if coalition not in table), None)
        if missing is not None:
            raise InputError(f"The value of {missing} is missing; expected that of every coalition, also of ().")
        return table

    def _check_countable(self) -> None:
        if len(self.players) > MOST_PLAYERS:
            raise InputError(
                f"There are {len(self.players)} players, so 2^{len(self.players)} coalitions; expected at most "
                f"{MOST_PLAYERS} players. Take sample() or kernel()."
            )


class _GameSampler(CoalitionSampler[GameEstimate]):
    """Asks a game what its coalitions are worth, one at a time."""

    chunk = 1

    def __init__(self, game: Game, coalitions: Coalitions) -> None:
        self.game, self.evaluations = game, 2
        self.take(coalitions)

    def worth(self, present: Array) -> Array:
        names = np.array(self.game.players, object)
        return np.array([[self.game.value(*names[row])] for row in present])

    def answer(self, values: Array, **progress: Any) -> GameEstimate:
        return GameEstimate(self._by_player(values), self._by_player(self.coalitions.standard_error()[0]), **progress)

    def _by_player(self, numbers: Array) -> dict[str, float]:
        return dict(zip(self.game.players, numbers[0].tolist(), strict=True))


def _names(what: str, given: Any) -> Coalition:
    if not isinstance(given, Iterable) or isinstance(given, str | bytes | Mapping | Set):
        raise InputTypeError(f"{what} is {shown(given)}; expected a sequence of names.")
    try:
        names = tuple(given)
    except TypeError:  # An array without axes says that it can be iterated, and cannot.
        names = (None,)
    if not all(isinstance(name, str) for name in names):
        raise InputTypeError(f"{what} is {shown(given)}; expected a sequence of names.")
    return names


def _positive(name: str, value: int) -> int:
    if not isinstance(value, int) or value < 1:
        raise InputError(f"{name} is {value!r}; expected a whole number of at least 1.")
    return value
