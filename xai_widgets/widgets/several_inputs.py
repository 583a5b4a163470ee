"""What networks of several inputs are given: pictures, rows and texts that belong together, one bundle at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, cast

import numpy as np

from xai_widgets.attribution.method import Method
from xai_widgets.errors import InputError, InputTypeError, shown, unknown_name
from xai_widgets.models.base import Model
from xai_widgets.models.inputs.input import Input as Kind
from xai_widgets.models.objective import Array
from xai_widgets.option import Option
from xai_widgets.widgets import protocol
from xai_widgets.widgets.given import Written, check_count
from xai_widgets.widgets.pictures import OF_PICTURES, Input, Pictures
from xai_widgets.widgets.protocol import PartSaid, PictureEntry
from xai_widgets.widgets.resizing import checked_way
from xai_widgets.widgets.several_parts import Part, PicturePart, RowPart
from xai_widgets.widgets.several_text import TextPart


@dataclass(frozen=True)
class Edits:
    """What was done to a bundle, by the names of its parts: typed in their place, and which words are struck out."""

    typed: Mapping[str, Any] = field(default_factory=dict)
    struck: Mapping[str, Sequence[int]] = field(default_factory=dict)


class SeveralInputs(Pictures):
    """The inputs of a widget on networks of several input tensors, as they were given or edited.

    Parameters
    ----------
    inputs : tuple, dict, or list of these
        One input for each part, in the order of the network or by name; or a batch for each; or several such.
    models : dict of str to Model
        All with the same parts.

    Raises
    ------
    ValueError, TypeError
        If an input does not fit a model.
    """

    says_more = True
    changeable = ("typed", "struck", "features")
    explains_layers = False
    has_start = True
    columns = None

    def __init__(self, inputs: Any, models: Mapping[str, Model], resize: Any = False) -> None:
        if checked_way(resize):
            raise InputError(
                "Nothing is resized of several inputs; expected pictures of the size that the network takes."
            )
        self._models = dict(models)
        self.parts = _parts(self._models)
        self._named = False
        self._edits: Mapping[int, Edits] = {}
        self._features: Mapping[str, str] = {}
        self._given = self._bundles(inputs)
        check_count(len(self._given))
        for index in range(len(self._given)):
            self._check(index)

    def __len__(self) -> int:
        return len(self._given)

    @property
    def side(self) -> int:
        """The shorter side of the pictures; 1 where there are none."""
        return min((min(part.form.plane) for part in self.parts if isinstance(part, PicturePart)), default=1)

    @property
    def has_pixels(self) -> bool:
        """Whether any of the parts is a picture."""
        return any(isinstance(part, PicturePart) for part in self.parts)

    @cached_property
    def _pictured(self) -> tuple[int, PicturePart] | None:
        """The first of the parts that is a picture, and its number."""
        return next(((place, part) for place, part in enumerate(self.parts) if isinstance(part, PicturePart)), None)

    def seen(self, index: int) -> None:
        """Return None: there is more than one thing to see."""
        return

    def row(self, index: int) -> list[float]:
        """Return all that was given as numbers, by which an input is told from others."""
        each = [part.numbers(given) for part, given in zip(self.parts, self._given[index], strict=True)]
        return [float(one) for one in np.concatenate(each)]

    def arrays(self) -> list[Any]:
        """Return the inputs as they were given, each a dict by the names of its parts."""
        names = [part.name for part in self.parts]
        return [dict(zip(names, (one.value for one in bundle), strict=True)) for bundle in self._given]

    def input(self, name: str, index: int) -> Input:
        """Return an input as the model called `name` takes it, as it was edited."""
        edits = self._edits.get(index, Edits())
        taken = [
            part.taken(name, given, edits.typed.get(part.name), edits.struck.get(part.name, ()))
            for part, given in zip(self.parts, self._given[index], strict=True)
        ]
        key = index, json.dumps([dict(edits.typed), dict(edits.struck)], sort_keys=True)
        names = [part.name for part in self.parts]
        if self._named:
            lines = ", ".join(f"{part!r}: {one.expression}" for part, one in zip(names, taken, strict=True))
            return Input(dict(zip(names, (one.value for one in taken), strict=True)), f"{{{lines}}}", key)
        lines = ", ".join(one.expression for one in taken)
        return Input(tuple(one.value for one in taken), f"({lines})", key)

    def changed(self, index: int, changes: Mapping[str, Any]) -> SeveralInputs:
        """Return the inputs with one of them edited: ``changes["typed"]`` and ``changes["struck"]`` are all there is.

        ``changes["features"]`` is into what all of them are divided.

        Raises
        ------
        ValueError, TypeError
            If a part cannot be that.
        """
        before = self._edits.get(index, Edits())
        given = {part.name: (part, one) for part, one in zip(self.parts, self._given[index], strict=True)}
        typed, struck = dict(before.typed), dict(before.struck)
        if "typed" in changes:
            checked = {
                name: given[name][0].checked(edit, given[name][1])
                for name, edit in _by_name(changes["typed"], "typed", given).items()
            }
            typed = {name: edit for name, edit in checked.items() if edit is not None}
            # Of another text the numbers of the words mean others.
            struck = {name: words for name, words in struck.items() if typed.get(name) == before.typed.get(name)}
        if "struck" in changes:
            found = {
                name: given[name][0].checked_struck(words, given[name][1], typed.get(name))
                for name, words in _by_name(changes["struck"], "struck", given).items()
            }
            struck = {name: words for name, words in found.items() if words}
        features = self._features if "features" not in changes else self._divided(changes["features"])
        edits = Edits(typed, struck)
        if edits == before and features == self._features:
            return self
        made = copy(self)
        made._features = features
        if edits != before:
            made._edits = {**self._edits, index: edits}
            made._check(index)
        return made

    def _divided(self, given: Any) -> Mapping[str, str]:
        """Return what each part is divided into, of those that are not one feature."""
        named = _by_name(given, "features", {part.name: part for part in self.parts})
        found = {part.name: part.checked_division(named.get(part.name)) for part in self.parts}
        return {name: division for name, division in found.items() if division is not None}

    def traits(self, index: int) -> dict[str, Any]:
        """Return what was done to the input in view, and into what inputs are divided."""
        edits = self._edits.get(index, Edits())
        struck = {name: list(words) for name, words in edits.struck.items()}
        return {"typed": dict(edits.typed), "struck": struck, "features": dict(self._features)}

    def told(self) -> dict[str, Any]:
        """Return what the parts are, and what was given for each."""
        columns = list(zip(*self._given, strict=True))
        return {
            "parts": [part.entry(given) for part, given in zip(self.parts, columns, strict=True)],
            "inputs": [
                [part.given(one) for part, one in zip(self.parts, bundle, strict=True)] for bundle in self._given
            ],
        }

    def said(self, name: str, index: int) -> dict[str, Any]:
        """Return what is said of each part with the first frame."""
        return {"parts": self.now(name, index)}

    def now(self, name: str, index: int) -> list[PartSaid]:
        """Return what there is to say of each part, as it was edited."""
        edits = self._edits.get(index, Edits())
        return [
            part.said(name, given, edits.typed.get(part.name), edits.struck.get(part.name, ()))
            for part, given in zip(self.parts, self._given[index], strict=True)
        ]

    def given(self, index: int) -> list[Written]:
        """Return what was given for each part."""
        return self._given[index]

    def described(self, option: Option) -> protocol.OptionEntry:
        """Return an option of a method as it is offered for several inputs."""
        known = cast(protocol.OptionEntry, option.as_dict(self.side))
        if option.name == "size":
            # Nine squares at first: with words or columns beside them even the exact values can be had.
            known = {**known, "default": -(-self.side // 3)}
        if option.name in OF_PICTURES or (option.name == "baseline" and not self.has_pixels):
            return {**known, "shown": False}
        return known

    def asked(self, method: Method) -> Any:
        """Return a method as it is asked: its baseline is said of pictures, and means for each part what it can.

        One that switches features on and off has them of the parts that are divided, and the others as one each.
        """
        said: dict[str, Any] = {}
        name = getattr(method, "baseline", None)
        if isinstance(name, str):
            said["baseline"] = tuple(part.baseline(name) for part in self.parts)
        if self._features and any(option.name == "features" for option in method.options()):
            said["features"] = dict(self._features)
        return replace(cast(Any, method), **said) if said else method

    def catalogue(self) -> list[PictureEntry]:
        """Return what stands in the strip of inputs: their first picture, or their number."""
        return [self._thumbnail(index) for index in range(len(self))]

    def _thumbnail(self, index: int) -> PictureEntry:
        label = f"input {index + 1}"
        if self._pictured is None:
            return {"label": label, "width": 1, "height": 1, "src": "", "values": []}
        place, part = self._pictured
        told = part.given(self._given[index][place])
        return {"label": label, "width": told["width"], "height": told["height"], "src": told["src"]}

    def _bundles(self, inputs: Any) -> list[list[Written]]:
        """Return what was given, bundle by bundle, each part with the expression that takes it out of ``images``."""
        if isinstance(inputs, list) and inputs and all(isinstance(one, tuple | Mapping) for one in inputs):
            self._named = isinstance(inputs[0], Mapping)
            return [self._bundle(one, f"images[{index}]") for index, one in enumerate(inputs)]
        self._named = isinstance(inputs, Mapping)
        whole = self._bundle(inputs, "images")
        counts = [part.count(one.value) for part, one in zip(self.parts, whole, strict=True)]
        if all(count is None for count in counts):
            return [whole]
        if len(set(counts)) > 1:
            words = {
                part.name: "one" if count is None else count for part, count in zip(self.parts, counts, strict=True)
            }
            raise InputError(f"There are inputs of {words}; expected one of each, or the same number of each.")
        return [
            [part.at(one, index) for part, one in zip(self.parts, whole, strict=True)]
            for index in range(counts[0] or 0)
        ]

    def _bundle(self, given: Any, expression: str) -> list[Written]:
        names = [part.name for part in self.parts]
        if isinstance(given, Mapping):
            if set(given) != set(names):
                raise InputError(f"The input has the names {sorted(map(str, given))}; expected {names}.")
            return [Written(given[name], f"{expression}[{name!r}]") for name in names]
        if not isinstance(given, list | tuple) or len(given) != len(names):
            found = f"{len(given)} of them" if isinstance(given, list | tuple) else f"a {type(given).__name__}"
            raise InputError(
                f"The input: found {found}; expected one for each input of the network, {names}, as a tuple or a dict; "
                "or a list of such."
            )
        return [Written(one, f"{expression}[{place}]") for place, one in enumerate(given)]

    def _check(self, index: int) -> Array | None:
        for name, model in self._models.items():
            try:
                model.prepare(self.input(name, index).value)
            except (InputError, InputTypeError) as error:
                where = f"Input {index}" + (f", for {name}" if name else "")
                raise type(error)(f"{where}: {error}") from error
        return None


def _parts(models: Mapping[str, Model]) -> list[Part]:
    """Return the parts of the inputs of models, which are the same in all of them."""
    (first, one), *others = models.items()
    kinds = [(piece.name, type(piece), piece.layout.grid) for piece in one.input.pieces]
    for name, other in others:
        found = [(piece.name, type(piece), piece.layout.grid) for piece in other.input.pieces]
        if found != kinds:
            raise InputError(
                f"{first!r} takes {one.input.words} and {name!r} takes {other.input.words}; models that are shown side "
                "by side need the same inputs, with the same names and in the same order."
            )
    pieces = {name: model.input.pieces for name, model in models.items()}
    return [part_of({name: each[place] for name, each in pieces.items()}) for place in range(len(kinds))]


def part_of(pieces: Mapping[str, Kind]) -> Part:
    """Return what shows an input, which is `pieces` to the models.

    Raises
    ------
    ValueError
        If nothing does.
    """
    piece = next(iter(pieces.values()))
    if piece.neighbours and len(piece.layout.grid) == 2:
        return PicturePart(pieces)
    if len(piece.shape) == 1:
        return TextPart(pieces) if piece.integral else RowPart(pieces)
    raise InputError(
        f"The input {piece.name!r} is a {piece.words}; expected a picture, a row of numbers or a text. Ask a method "
        "itself, method(model, x): its result has a picture of all inputs."
    )


def _by_name(given: Any, what: str, known: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise InputTypeError(f"{what} is {shown(given)}; expected a dict by the names of inputs, {list(known)}.")
    for name in given:
        if name not in known:
            raise unknown_name("input", name, list(known))
    return given
