"""The walker: the orders in which players enter a game, one by one, and the averages that become Shapley values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import traitlets

from xai_widgets.attribution.surrogates import game as games
from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.widgets.protocol import Game
from xai_widgets.widgets.walk_image import walk_image
from xai_widgets.widgets.widget import Chosen, Widget, front_end

MOST_WALKED = 7
"""Seven players have 5040 orders; eight have 40320, which nobody walks through."""


@dataclass(frozen=True)
class Place:
    """Where a walk is: in this order, with so many players in; and whether it has the size for the last row."""

    order: int = 0
    step: int = 0
    presenter: bool = False

    def traits(self) -> dict[str, Any]:
        """Return the traits that it amounts to."""
        return {"order": self.order, "step": self.step, "presenter": self.presenter}


class Walker(Widget):
    """A walk through the orders of a game, which needs no kernel once it is on the page; made by `walk`.

    Each attribute below can be set, observed and linked. A value that is none raises and changes nothing.

    Attributes
    ----------
    order : int
        The number of the order that is walked through, from 0; all before it are done.
    step : int
        How many players have entered in it.
    presenter : bool
        Whether it has the size that is read from the last row.

    Examples
    --------
    >>> game = xai.Game(["left", "right"], {(): 0, "left": 0, "right": 0, ("left", "right"): 10})
    >>> walker = xai.walk(game)
    >>> walker.order = 1
    >>> walker
    Walker(order 2 of 2: right → left)
    """

    _esm, _css = front_end("walk")
    _from_kernel = ("game",)

    game: Any = traitlets.Dict().tag(sync=True)
    order: Any = Chosen(0).tag(sync=True)
    step: Any = Chosen(0).tag(sync=True)
    presenter: Any = Chosen(False).tag(sync=True)

    def __init__(self, game: Game) -> None:
        self._at = Place()
        super().__init__(game=game, **self._at.traits())

    def __repr__(self) -> str:
        entering = " → ".join(self.game["players"][place] for place in self.game["orders"][self.order])
        return f"{type(self).__name__}(order {self.order + 1} of {len(self.game['orders'])}: {entering})"

    def _changed(self, changes: Mapping[str, Any]) -> Place:
        at = replace(self._at, **changes)
        for name, largest in (("order", len(self.game["orders"]) - 1), ("step", len(self.game["players"]))):
            value = getattr(at, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer):
                raise InputTypeError(f"{name} is {shown(value)}; expected a number from 0 to {largest}.")
            if not 0 <= value <= largest:
                raise InputError(f"{name} is {value}; expected a number from 0 to {largest}.")
        if not isinstance(at.presenter, bool | np.bool_):
            raise InputTypeError(f"presenter is {shown(at.presenter)}; expected True or False.")
        return Place(int(at.order), int(at.step), bool(at.presenter))

    def _take(self, setting: Place) -> None:
        self._at = setting

    def _static_image(self) -> bytes:
        begun = self.order > 0 or self.step > 0
        # A picture cannot be walked through: before the first step it would show nothing.
        return walk_image(self.game, self.order, self.step if begun else len(self.game["players"]))


def walk(
    game: games.Game, *, worth: str = "value", prefix: str = "", suffix: str = "", seed: int | None = None
) -> Walker:
    """Return a widget that walks through the orders in which the players of a game can enter.

    It shows one order at a time: who enters, what the value is before and after, and what that player brings; beside
    it the average of what each player brought so far, which ends at the Shapley values.

    Parameters
    ----------
    game : Game
        Of at most 7 players.
    worth : str, default "value"
        What a value is called: "price".
    prefix, suffix : str, default ""
        What stands before and after each value: "$", " %".
    seed : int, optional
        Shuffles the orders; by default they come as `Game.orders` has them.

    Returns
    -------
    Walker
        It needs no kernel once it is on the page.

    Raises
    ------
    ValueError, TypeError
        If there are more players, or `game` is none.

    Examples
    --------
    >>> game = xai.Game(["left", "right"], {(): 0, "left": 0, "right": 0, ("left", "right"): 10})
    >>> xai.walk(game, worth="number of gloves sold", suffix=" pairs")
    Walker(order 1 of 2: left → right)
    """
    if not isinstance(game, games.Game):
        raise InputTypeError(f"game is a {type(game).__name__}; expected a Game(players, value).")
    count = len(game.players)
    if count > MOST_WALKED:
        raise InputError(
            f"There are {count} players, so {math.factorial(count)} orders; expected at most {MOST_WALKED} players to "
            "walk through. Take game.sample()."
        )
    orders = [[game.players.index(player) for player in order.players] for order in game.orders()]
    if seed is not None:
        orders = [orders[place] for place in np.random.default_rng(seed).permutation(len(orders))]
    values = [
        game.value(*(player for place, player in enumerate(game.players) if code >> place & 1))
        for code in range(2**count)
    ]
    return Walker(
        {
            "players": list(game.players),
            "values": values,
            "orders": orders,
            "digits": _digits(values),
            "worth": worth,
            "prefix": prefix,
            "suffix": suffix,
        }
    )


def _digits(values: list[float]) -> int:
    """How many decimals tell the values apart: three digits of the largest difference, none for whole numbers."""
    if all(value == int(value) for value in values) and max(map(abs, values)) >= 1000:
        return 0
    spread = max(values) - min(values)
    return 0 if spread == 0 else min(max(2 - math.floor(math.log10(spread)), 0), 6)
