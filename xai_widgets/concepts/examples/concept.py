"""A concept: examples of it, and what is the same without it."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass
from typing import Any

from xai_widgets.errors import InputError, InputTypeError, shown


@dataclass(frozen=True, eq=False)
class Concept:
    """Something that inputs may have, told by examples: a pink wall, stripes, a word.

    Parameters
    ----------
    name : str
        What it is called.
    examples : array of shape (count, *input shape), or list of str
        Inputs that have it.
    counterpart : array of shape (count, *input shape), or list of str, optional
        Inputs that have it not and are alike otherwise, of which there may be another number. What is found of the
        concept is found of the difference: a counterpart that differs in more tells of more.

    Raises
    ------
    ValueError, TypeError
        If the name is none, or there are no inputs.

    References
    ----------
    Kim, Wattenberg, Gilmer, Cai, Wexler, Viegas, Sayres (2018), Interpretability Beyond Feature Attribution:
    Quantitative Testing with Concept Activation Vectors (TCAV).

    Examples
    --------
    >>> bright = xai.Concept("bright", np.clip(batch + 0.3, 0, 1), counterpart=batch)
    >>> bright
    Concept('bright', 6 examples, counterpart of 6)
    """

    name: str
    examples: Any
    counterpart: Any = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise InputTypeError(f"name is {shown(self.name)}; expected what the concept is called, a str.")
        for side in ("examples", "counterpart"):
            given = getattr(self, side)
            if given is None and side == "counterpart":
                continue
            if not isinstance(given, Sized) or isinstance(given, str | dict):
                raise InputTypeError(f"{side} is {shown(given)}; expected inputs, one behind the other.")
            if _count(given) == 0:
                raise InputError(f"{side} of {self.name!r} holds no inputs; expected one or more.")

    @property
    def sides(self) -> tuple[Any, Any]:
        """The examples and the counterpart.

        Raises
        ------
        ValueError
            If there is none.
        """
        if self.counterpart is None:
            raise InputError(
                f"The concept {self.name!r} has no counterpart, and only a difference tells what is the concept's; "
                "expected Concept(name, examples, counterpart=inputs without it)."
            )
        return self.examples, self.counterpart

    def __repr__(self) -> str:
        beside = "" if self.counterpart is None else f", counterpart of {_count(self.counterpart)}"
        return f"Concept({self.name!r}, {_count(self.examples)} examples{beside})"


def _count(inputs: Any) -> int:
    """Return how many there are; of something of no size, such as a number in an array, none."""
    return 0 if getattr(inputs, "shape", None) == () else len(inputs)
