"""Which tensor of a network's result is explained: many put out dicts, tuples or objects with several in them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from xai_widgets.errors import InputError, InputTypeError, UnsupportedModelError, shown
from xai_widgets.models.failures import describe

Step = str | int
"""A key, the name of an attribute, or a number in a sequence."""

Path = tuple[Step, ...]

Output = Step | Sequence[Step]
"""What a user says of the tensor that is explained."""

DEPTH = 3
"""So many steps lead to a tensor at most, where none is told."""

LISTED = 8
"""So many tensors are named in a refusal."""


class Leaf(NamedTuple):
    """What is known of a tensor in a result."""

    shape: tuple[int | None, ...]
    floating: bool


Look = Callable[[Any], Leaf | None]
"""Returns what is known of a framework's tensor, and None for whatever is none."""


class Pick(NamedTuple):
    """Which tensor of a result is taken, and what it was taken of."""

    path: Path
    of: str

    @property
    def words(self) -> str:
        """What is taken, in words; empty where the result is one tensor."""
        return f"output {written(self.path)} of {self.of}" if self.path else ""


def checked_path(output: Any) -> Path | None:
    """Return what a user says of the tensor that is explained as steps to it; None where nothing is said."""
    if output is None:
        return None
    steps = output if isinstance(output, tuple | list) else (output,)
    if not steps or not all(isinstance(step, str | int) and not isinstance(step, bool) for step in steps):
        raise InputTypeError(
            f"output is {shown(output)}; expected a key, the name of an attribute or a number, such as 'logits' or 0, "
            "or several that lead there, such as ('heads', 0)."
        )
    return tuple(steps)


def written(path: Path) -> str:
    """Return a path as one writes it in ``wrap(..., output=...)``."""
    return repr(path[0] if len(path) == 1 else path)


def chosen(result: Any, told: Path | None, rows: int | None, look: Look) -> Pick:
    """Return which tensor of a network's result is explained: the one told, or the only one that can be its scores.

    Parameters
    ----------
    result : object
        What the network puts out.
    told : tuple of str or int, optional
        From `checked_path`.
    rows : int or None
        How many inputs there were; None where that is left open.
    look : callable

    Raises
    ------
    ValueError, TypeError
        If there is no such tensor; or if nothing is said and several could be meant, with their names.
    """
    kind = type(result).__name__
    if told is not None:
        if (whole := look(result)) is not None:
            raise InputError(
                f"output is {written(told)}, but the network puts out one tensor of shape {whole.shape}; leave output "
                "out."
            )
        try:
            taken = picked(result, told)
        except InputError as error:
            raise InputError(f"{error} {_listed(_leaves(result, look))}".rstrip()) from error
        if look(taken) is None:
            raise InputError(
                f"output {written(told)} of the network's {kind} is {describe(taken)}; expected one tensor. "
                f"{_listed(_leaves(result, look))}"
            )
        return Pick(told, kind)
    if look(result) is not None:
        return Pick((), kind)
    leaves = _leaves(result, look)
    floating = {path: leaf for path, leaf in leaves.items() if leaf.floating}
    by_rows = {path: leaf for path, leaf in floating.items() if leaf.shape and leaf.shape[0] in (rows, None)}
    for rank in (2, 1):
        fitting = [path for path, leaf in by_rows.items() if len(leaf.shape) == rank]
        if len(fitting) == 1:
            return Pick(fitting[0], kind)
        if fitting:
            raise _ambiguous(result, leaves, fitting[0])
    if len(floating) == 1:
        return Pick(next(iter(floating)), kind)
    if floating:
        raise _ambiguous(result, leaves, next(iter(floating)))
    raise UnsupportedModelError(
        f"The network puts out {describe(result)}; expected a tensor of scores, (batch, outputs), or a dict, tuple or "
        f"object with one in it. {_listed(leaves)}".rstrip()
    )


def picked(result: Any, path: Path) -> Any:
    """Return what is at a path in a result."""
    for number, step in enumerate(path):
        try:
            result = _at(result, step)
        except (KeyError, IndexError, AttributeError, TypeError) as error:
            before = f"output {written(path[:number])}" if number else "the network's result"
            raise InputError(
                f"There is no output {written(path)}: {before} is {describe(result)}, without {step!r}."
            ) from error
    return result


def _at(result: Any, step: Step) -> Any:
    if isinstance(result, Mapping):
        if step in result:
            return result[step]
        if isinstance(step, int):
            return list(result.values())[step]
        return getattr(result, step)
    if isinstance(step, str):
        return getattr(result, step)
    if dataclasses.is_dataclass(result) and not isinstance(result, Sequence):
        return getattr(result, dataclasses.fields(result)[step].name)
    return result[step]


def _leaves(result: Any, look: Look) -> dict[Path, Leaf]:
    """Return all tensors in a result, by the steps that lead there."""
    found: dict[Path, Leaf] = {}

    def search(thing: Any, path: Path) -> None:
        leaf = look(thing)
        if leaf is not None:
            found[path] = leaf
        elif len(path) < DEPTH:
            for step, inner in _inside(thing, attributes=not path):
                search(inner, (*path, step))

    search(result, ())
    return found


def _inside(thing: Any, attributes: bool) -> Iterator[tuple[Step, Any]]:
    """Yield what a container holds; of another object its attributes, where these may be looked at."""
    if isinstance(thing, Mapping):
        yield from ((step, inner) for step, inner in thing.items() if isinstance(step, str | int))
    elif isinstance(thing, tuple) and hasattr(thing, "_fields"):
        yield from zip(thing._fields, thing, strict=True)
    elif isinstance(thing, tuple | list):
        yield from enumerate(thing)
    elif dataclasses.is_dataclass(thing):
        yield from ((field.name, getattr(thing, field.name)) for field in dataclasses.fields(thing))
    elif attributes and not isinstance(thing, str | bytes | int | float | complex | type(None)):
        for name in dir(thing):
            if not name.startswith("_"):
                with suppress(Exception):  # Whatever somebody's property raises, it is no tensor.
                    yield name, getattr(thing, name)


def _ambiguous(result: Any, leaves: Mapping[Path, Leaf], first: Path) -> UnsupportedModelError:
    return UnsupportedModelError(
        f"The network puts out {describe(result)}, in which several tensors could be meant; expected to be told which, "
        f"for instance wrap(network, output={written(first)}). {_listed(leaves)}"
    )


def _listed(leaves: Mapping[Path, Leaf]) -> str:
    if not leaves:
        return ""
    each = [f"{written(path)} {leaf.shape}" for path, leaf in list(leaves.items())[:LISTED] if path]
    more = f", and {len(leaves) - LISTED} more" if len(leaves) > LISTED else ""
    return f"Its tensors are {', '.join(each)}{more}." if each else ""
