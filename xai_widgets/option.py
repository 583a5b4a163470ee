"""Options: what a method lets one choose, declared once for the checks, the widget's controls and the documentation."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import math
import sys
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from xai_widgets.docstrings import with_section
from xai_widgets.errors import InputError, InputTypeError, is_finite, shown

PICTURE_SIDE = 64
"""Sizes in pixels are declared for a picture of this side; a widget scales them to the picture it shows."""

LARGEST_INTEGER = 2**53
"""Beyond it doubles, and so the front end, no longer tell one whole number from the next."""

PLAIN = (bool, int, float, str, type(None))
NUMBERS = (int, float, np.integer, np.floating)

Condition = tuple[str, tuple[str, ...]]
"""The name of an option, and the values of it that are meant."""


Counted = Literal["blocks", "heads", "patches"]
"""What of a network an option may count: its blocks of attention, the heads of each of them, its patches."""


@dataclass(frozen=True, eq=False)
class Option:
    """One choice of a method: its kind, range and words.

    Attributes
    ----------
    default : int, float or str
    kind : {"integer", "number", "choice"}
    label, sentence : str
        What the control is called, and one sentence on what it does.
    minimum, maximum : float, optional
        What is accepted at all.
    slider : (low, high), optional
        What the widget's slider offers; a high of None is the shorter side of the picture, or what `counts` says.
    zero_last : bool
        Whether 0, which means all that there are, stands at the slider's right end, in place of how many that is.
    counts : {"", "blocks", "heads", "patches"}
        What of the network it counts, of which no more than there are may be asked for.
    scale : {"linear", "doublings"}
        How the slider runs.
    step : float, optional
        The distance of the slider's stops: of a linear scale in values, else in doublings, of which it is 1.
    unit : str
        What a value counts: "steps", "pixels", "of the range"; a "share" is shown in percent.
    choices : tuple of str
        The values of a choice.
    unlisted : tuple of str
        Names that are accepted as well and that widgets do not offer; of a number too.
    counted_choices : dict of str to {"blocks", "heads", "patches"}
        Those of `unlisted` that widgets do offer where a network has some of what they are about.
    at_most : str, optional
        The name of another option that this one may not exceed.
    other : callable, optional
        Checks a value that is no listed choice, for instance an array as baseline; returns it or raises.
    labels : dict of str to str
        What values are called where their own name or number would not do.
    when : (str, tuple of str), optional
        The name of another option, and its values with which this one counts.
    choices_when : dict of str to (str, tuple of str)
        The same for single choices: which values of which other option they need.
    shown : bool
        Whether a widget has a control for it.
    aside : bool
        Whether that control may stand behind the others, unfolded on request.
    name : str
        The keyword; filled in from the field that holds the option.
    """

    default: Any
    kind: Literal["integer", "number", "choice"]
    label: str
    sentence: str
    minimum: float | None = None
    maximum: float | None = None
    slider: tuple[float, float | None] | None = None
    zero_last: bool = False
    counts: Counted | Literal[""] = ""
    scale: Literal["linear", "doublings"] = "linear"
    step: float | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()
    counted_choices: Mapping[str, Counted] = dataclasses.field(default_factory=dict)
    at_most: str | None = None
    other: Callable[[Any], Any] | None = None
    labels: Mapping[str, str] = dataclasses.field(default_factory=dict)
    when: Condition | None = None
    choices_when: Mapping[str, Condition] = dataclasses.field(default_factory=dict)
    shown: bool = True
    aside: bool = False
    name: str = ""

    def field(self) -> Any:
        """Return the dataclass field that holds this option."""
        return dataclasses.field(default=self.default, metadata={"option": self})

    def check(self, value: Any) -> Any:
        """Return `value` as the option's type, or say what is wrong with it."""
        if isinstance(value, str) and (value in self.choices or value in self.unlisted):
            return value
        if self.kind == "choice":
            return self._check_other(value)
        if isinstance(value, int) and abs(value) > sys.maxsize:
            raise InputError(f"{self.name} is a number of {value.bit_length()} bits; expected {self._expected()}.")
        whole, number = self.kind == "integer", isinstance(value, NUMBERS) and not isinstance(value, bool)
        low = -math.inf if self.minimum is None else self.minimum
        high = math.inf if self.maximum is None else self.maximum
        if number and low <= value <= high and -math.inf < value < math.inf:
            if not whole:
                return float(value)
            if value == int(value) and abs(value) <= LARGEST_INTEGER:
                return int(value)
        wrong = not number or (whole and is_finite(value) and value != int(value))
        raise (InputTypeError if wrong else InputError)(f"{self.name} is {shown(value)}; expected {self._expected()}.")

    def of_network(self, count: Callable[[Counted], int]) -> Option:
        """Return the option for a network that has so many of what it counts."""
        if self.counted_choices:
            more = [choice for choice, what in self.counted_choices.items() if count(what)]
            return dataclasses.replace(self, choices=(*self.choices, *more), counted_choices={})
        if not self.counts or self.slider is None:
            return self
        most = count(self.counts)
        return dataclasses.replace(self, maximum=most, slider=(self.slider[0], most))

    def as_dict(self, side: int = PICTURE_SIDE) -> dict[str, Any]:
        """Return the option as JSON for the front end, for pictures whose shorter side has `side` pixels."""
        described = {name: getattr(self, name) for name in _told()}
        if self.slider is not None and self.slider[1] is None and self.counts:
            described["slider"] = (self.slider[0], self.slider[0])
        elif self.slider is not None and self.slider[1] is None:
            described["default"] = min(max(1, round(self.default * side / PICTURE_SIDE)), side)
            described["slider"] = (self.slider[0], side)
        return described

    def _check_other(self, value: Any) -> Any:
        """Return what is none of the choices, if that will do."""
        if self.other is not None and not isinstance(value, str):
            return self.other(value)
        named = " or ".join(map(repr, self.choices))
        expected = ", ".join([*([named] if named else []), *(["a number or an array"] if self.other else [])])
        kind = InputError if isinstance(value, str) and named else InputTypeError
        raise kind(f"{self.name} is {shown(value)}; expected {expected}.")

    def _expected(self) -> str:
        number = "a whole number" if self.kind == "integer" else "a number"
        if self.minimum is not None and self.maximum is not None:
            number = f"{number} from {self.minimum} to {self.maximum}"
        elif self.minimum is not None:
            number = f"{number} of at least {self.minimum}"
        return " or ".join([number, *map(repr, self.unlisted)])


@functools.cache
def _told() -> tuple[str, ...]:
    """Return what the front end is told of an option."""
    aside = ("other", "unlisted", "counts", "counted_choices")
    return tuple(key.name for key in dataclasses.fields(Option) if key.name not in aside)


@dataclass(frozen=True, kw_only=True, eq=False)
class Optioned:
    """A frozen dataclass whose fields are options; it is checked when it is made."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        for heading, text in cls._said_of_all().items():
            cls.__doc__ = with_section(cls.__doc__, heading, text) if cls.__doc__ else None

    @classmethod
    def _said_of_all(cls) -> dict[str, str]:
        """Return the sections that the docstring of each of them has, unless it has its own."""
        return {"Raises": "ValueError, TypeError\n    At once, if an option is not one of these."}

    @classmethod
    @functools.cache
    def options(cls) -> tuple[Option, ...]:
        """Return the options in the order in which they are declared."""
        return tuple(
            dataclasses.replace(field.metadata["option"], name=field.name)
            for field in dataclasses.fields(cls)
            if "option" in field.metadata
        )

    def __post_init__(self) -> None:
        for option in self.options():
            object.__setattr__(self, option.name, option.check(getattr(self, option.name)))
        for option in self.options():
            most = None if option.at_most is None else getattr(self, option.at_most)
            if most is not None and not isinstance(most, str) and getattr(self, option.name) > most:
                raise InputError(
                    f"{option.name} is {getattr(self, option.name)}, {option.at_most} is {most}; expected "
                    f"{option.name} to be at most {option.at_most}."
                )

    @property
    def key(self) -> Hashable:
        """What tells it from all others: its class and the value of each field, arrays by digest."""
        return type(self), *[
            (type(one), one) if isinstance(one := getattr(self, field.name), PLAIN) else identity(one)
            for field in dataclasses.fields(self)
        ]

    def extends(self, other: Any) -> bool:
        """Whether a stream of this one can go on where one of `other` ended."""
        return False

    def same_options(self, other: Optioned, but: tuple[str, ...] = ()) -> bool:
        """Whether `other` is of the same class and agrees in every field not named in `but`."""
        if type(self) is not type(other):
            return False
        kept = [option.name for option in self.options() if option.name not in but]
        return not [name for name in kept if not np.array_equal(getattr(self, name), getattr(other, name))]


def identity(value: Any) -> Hashable:
    """Return something to compare and to look up by that is the same for two values only where they are the same.

    A number and its likes stand for themselves, together with their type, since True is no 1; an array for its digest.
    """
    if isinstance(value, Optioned):
        return value.key
    if isinstance(value, list | tuple):
        return type(value), tuple(identity(one) for one in value)
    if isinstance(value, Mapping):
        return type(value), tuple((name, identity(one)) for name, one in value.items())
    if isinstance(value, np.ndarray):
        digest = hashlib.blake2b(np.ascontiguousarray(value).tobytes(), digest_size=16).digest()
        return np.ndarray, value.shape, value.dtype.str, digest
    return type(value), value


def holds(condition: Condition | None, values: Mapping[str, Any]) -> bool:
    """Whether a condition is met by the values of options, by name; no condition always is."""
    return condition is None or values.get(condition[0]) in condition[1]


def fitting(options: Sequence[Option], values: Mapping[str, Any], given: Iterable[str] = ()) -> dict[str, Any]:
    """Return the values of options with choices that have lost what they need put back to their default.

    Parameters
    ----------
    options : sequence of Option
    values : dict
        By name, all of them.
    given : iterable of str
        The names of those that were asked for just now, which are not put back.

    Raises
    ------
    ValueError
        If a choice that was asked for lacks what it needs.
    """
    found = dict(values)
    asked = set(given)
    for option in options:
        value = found.get(option.name)
        condition = option.choices_when.get(value) if isinstance(value, str) else None
        if condition is None or holds(condition, found):
            continue
        if option.name in asked:
            name, needed = condition
            raise InputError(
                f"{option.name} is {value!r} while {name} is {found.get(name)!r}; expected {name} to be "
                f"{' or '.join(map(repr, needed))} with it."
            )
        found[option.name] = option.default
    return found
