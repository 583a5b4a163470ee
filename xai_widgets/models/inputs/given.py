"""What the user says of the inputs of a network: the arguments of `wrap`, checked, and what follows from them alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.models.arguments import checked_bounds, checked_shape
from xai_widgets.models.inputs.input import Bounds, Input
from xai_widgets.models.inputs.named import ToldByName
from xai_widgets.models.inputs.several import Several
from xai_widgets.models.inputs.table import Table
from xai_widgets.models.inputs.text import Text
from xai_widgets.models.inputs.tokens import Embedded, ToldOfTokens
from xai_widgets.models.inputs.unknown import Unknown
from xai_widgets.models.layout import Role, plain, unknown
from xai_widgets.models.names import Names, checked_names

InputLayout = str | Sequence[str]

ROLES: dict[str, Role] = {
    **{role: role for role in ("channel", "depth", "height", "width", "time", "token")},
    "channels": "channel",
    "tokens": "token",
}
"""What an axis of an input may be said to count."""

NOT_TOLD = "the network does not tell"


@dataclass(frozen=True)
class Given:
    """What the user says of the inputs.

    Attributes
    ----------
    bounds : (low, high) or None, or a list of these for several inputs
    layout : str or sequence of str, optional
        What each axis counts; of several inputs a list or a dict with one of these for each.
    names : tuple of str or None
        What several inputs are called.
    said : ToldByName
        What is said of columns and token ids, of the one input or by the names of several.
    beside : dict, optional
        What the network takes beside token ids, by name.
    """

    bounds: Any
    layout: Any
    names: Names | None
    said: ToldByName
    beside: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.bounds, list):
            object.__setattr__(self, "bounds", checked_bounds(self.bounds))

    @property
    def columns(self) -> tuple[str, ...] | None:
        """What the columns of a table are called."""
        return self.said.plain.columns

    @property
    def tokens(self) -> ToldOfTokens:
        """What is said of token ids."""
        return self.said.plain.tokens

    def one(self, shape: tuple[int, ...], embedded: Sequence[Embedded]) -> Input:
        """Return an input of a shape, () where that is not known yet, as far as it is known before the network is run.

        Parameters
        ----------
        shape : tuple of int
        embedded : sequence of Embedded
            The embeddings that read it.
        """
        if isinstance(self.bounds, list):
            raise InputError("bounds is a list, for several inputs; expected input_shape=[...] with a shape for each.")
        if self.names is not None:
            raise InputError(
                "input_names is for networks that take several inputs; expected input_shape=[...] with a shape for "
                "each. The columns of a table are named by features=[...]."
            )
        if self.said.plain.categories is not None:
            raise InputError(
                "categories is for one of several inputs, and the network takes one; expected input_shape=[...] with a "
                "shape for each of several."
            )
        if self.said.named:
            raise InputError(
                f"The network takes one input; found what is said of {', '.join(map(repr, self.said.named))} by name. "
                "Expected it without a name."
            )
        tokens = self.tokens.tokens_of(embedded)
        if tokens is not None:
            return Text.of(shape, tokens, "which an embedding reads" if embedded else "as told")
        return self.unread(shape)

    def unread(self, shape: tuple[int, ...]) -> Input:
        """Return the same before anything is known of the network."""
        bounds = None if isinstance(self.bounds, list) else self.bounds
        if self.columns is not None and shape in ((), (len(self.columns),)):
            return Table(shape, bounds, plain(shape), "as its columns have names", columns=self.columns)
        return _unknown(shape, bounds)

    def several(self, shapes: Sequence[Sequence[int]], names: Sequence[str] | None = None) -> Several:
        """Return inputs of these shapes, as far as they are known before the network is run.

        Parameters
        ----------
        shapes : sequence of shapes
        names : sequence of str, optional
            What the network calls them.
        """
        sizes = [checked_shape(shape) for shape in shapes]
        called = list(names or [f"input {place + 1}" for place in range(len(sizes))])
        if self.names is not None:
            called = list(checked_names(self.names, "input_names", "input"))
        if len(called) != len(sizes) or len(set(called)) < len(called):
            raise InputError(f"input_names is {called}; expected {len(sizes)} different names, one per input.")
        each = list(self.bounds) if isinstance(self.bounds, list) else [self.bounds] * len(sizes)
        if len(each) != len(sizes):
            raise InputError(
                f"bounds has {len(each)} entries for {len(sizes)} inputs; expected one for each, or for all."
            )
        inputs = zip(sizes, each, called, strict=True)
        return Several.of([_unknown(shape, checked_bounds(bounds)).called(name) for shape, bounds, name in inputs])

    def roles(self, taken: Input) -> list[tuple[Role, ...] | None]:
        """Return what was said of the axes of each input tensor; None for those of which nothing was.

        Raises
        ------
        ValueError, TypeError
            If that does not fit their shapes.
        """
        names = [piece.name for piece in taken.pieces]
        if self.layout is None:
            return [None] * len(names)
        each: Any = [self.layout]
        if len(names) > 1:
            each = [self.layout.get(name) for name in names] if isinstance(self.layout, Mapping) else self.layout
            unknown_names = set(self.layout) - set(names) if isinstance(self.layout, Mapping) else set()
            if isinstance(each, str) or not isinstance(each, list | tuple) or len(each) != len(names) or unknown_names:
                raise InputError(
                    f"input_layout is {self.layout!r}; expected one for each of the inputs {names}, a list or a dict, "
                    "None where there is nothing to say."
                )
        return [
            None if one is None else _roles(one, piece.shape) for one, piece in zip(each, taken.pieces, strict=True)
        ]


def is_several(shape: Any) -> bool:
    """Whether an input_shape is that of several tensors: a list of shapes."""
    return isinstance(shape, list | tuple) and bool(shape) and all(isinstance(one, list | tuple) for one in shape)


def _unknown(shape: tuple[int, ...], bounds: Bounds) -> Unknown:
    return Unknown(shape, bounds, unknown(shape, NOT_TOLD), NOT_TOLD)


def _roles(told: Any, shape: tuple[int, ...]) -> tuple[Role, ...]:
    words = told.split(",") if isinstance(told, str) else told
    if not isinstance(words, list | tuple) or not all(isinstance(word, str) for word in words):
        raise InputTypeError(f"input_layout is {told!r}; expected what each axis counts, such as 'channels, time'.")
    names = [word.strip().lower() for word in words]
    roles = [ROLES.get(name) for name in names]
    space = [role for role in roles if role != "channel"]
    if None in roles or len(roles) != len(shape) or len(set(space)) < len(space):
        raise InputError(
            f"input_layout is {told!r}, for an input of shape {shape}; expected {len(shape)} of "
            f"{', '.join(name for name in ROLES if not name.startswith(('channel', 'token')) or name[-1] == 's')}, "
            "each but channels once."
        )
    if len(space) > 3:
        raise InputError(f"input_layout is {told!r}; expected at most three axes of places.")
    return tuple(role for role in roles if role is not None)
