"""A copy of a model whose layers forget what they learnt, one after the other; the student's own is left alone."""

from __future__ import annotations

import copy
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from xai_widgets.errors import InputError, InputTypeError, shown


class Resets(ABC):
    """A copy of a model, and what its layers can be reset to; made by `Model.resets`.

    Attributes
    ----------
    model : Model
        The copy. It is the same object after each reset, so that nothing about it is found out twice.
    layers : list of str
        The layers that hold weights, in their order from the input to the outputs. What belongs to no layer that can
        be named, such as a class token, goes with the first.
    """

    def __init__(self, model: Any) -> None:
        self.model: Any = copy.deepcopy(model)
        self._holders = self._found()
        self.layers = list(self._holders)
        if not self.layers:
            raise InputError(
                "No layer with weights can be reached in the network; expected one whose layers have names: see "
                "model.layers."
            )
        self._learnt = self._numbers()
        self._taken: tuple[tuple[str, ...], int] | None = None

    def take(self, layers: Sequence[str], seed: int) -> None:
        """Have these layers reset, and no others: nothing is done where that is so since it was asked for last."""
        asked = tuple(layers), seed
        if self._taken != asked:
            self.restore()
            self.reset(layers, seed)
            self._taken = asked

    def reset(self, layers: Iterable[str], seed: int) -> None:
        """Draw the weights of layers anew, as they are before a training; each depends on (seed, its name) alone."""
        self._taken = None
        for layer in layers:
            for name, holder in self._holders[layer]:
                self._draw(holder, zlib.crc32(f"{seed} {name}".encode()))

    def restore(self) -> None:
        """Put back all that was learnt."""
        self._taken = None
        self._put_back(self._learnt)

    def chosen(self, layers: Sequence[str] | None) -> list[str]:
        """Return the layers with weights that some names stand for, None for all: those themselves and within them.

        Raises
        ------
        ValueError, TypeError
            If there are none.
        """
        if layers is None:
            return self.layers
        if isinstance(layers, str) or not all(isinstance(layer, str) for layer in layers):
            raise InputTypeError(f"layers is {shown(layers)}; expected a list of names, some of {self.layers}.")
        found = []
        for layer in layers:
            within = self._within(layer)
            if not within:
                raise InputError(f"There is no layer {layer!r} with weights; expected some of {self.layers}.")
            found += [one for one in within if one not in found]
        return found

    @abstractmethod
    def _found(self) -> dict[str, list[tuple[str, Any]]]:
        """Return for each layer that holds weights what holds them, with its name."""

    @abstractmethod
    def _within(self, layer: str) -> list[str]:
        """Return the layers with weights that a layer is, or contains."""

    @abstractmethod
    def _numbers(self) -> Any:
        """Return a copy of all weights."""

    @abstractmethod
    def _put_back(self, numbers: Any) -> None:
        """Set all weights."""

    @abstractmethod
    def _draw(self, holder: Any, seed: int) -> None:
        """Draw the weights of a holder from their initial distribution.

        Where that is not known it is a normal one, with the mean and the standard deviation that they have.
        """
