"""What is on a screen as one keeps it: JSON, or one line of text, from which a widget begins again."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
import re
import zlib
from collections.abc import Mapping, Sized
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from PIL import Image

from xai_widgets.errors import InputError, InputTypeError, shown, unknown_name, warn
from xai_widgets.models.base import Model
from xai_widgets.widgets.marking import picture_number

logger = logging.getLogger(__name__)

VERSION = 1
"""Of what is kept; what a later one wrote is refused in words."""

LARGEST = 2**20
"""Bytes of JSON that a text may amount to: a text of a few letters may unfold to gigabytes."""

APART = 0.02
"""By so much an output may differ before it is called another one: processors round differently."""

IN_PICTURES = "xai-state"
"""What the text of a state is called in the PNG files of drawings."""

PNG = b"\x89PNG"

PARTS = ("version", "widget", "question", "names", "display", "seen", "marking")

NAMED = ("target", "contrast")
"""What of a question is the index of a class."""

_LINE = re.compile(r"[\w-]+={0,2}", re.ASCII)
"""What the text looks like."""


Outputs = dict[str, tuple[int, float]]
"""The top class of each model by its name, and its share."""


class Asked(Protocol):
    """What is on a screen."""

    @property
    def source(self) -> Any:
        """The inputs."""


StateT = TypeVar("StateT", bound=Asked)


class Offered(Protocol[StateT]):
    """What there is to choose from."""

    @property
    def named(self) -> Model:
        """The model whose class names are shown."""

    def changed(self, state: StateT, changes: Mapping[str, Any]) -> StateT:
        """Return a state with some things changed, or raise and change nothing."""


class Kept(NamedTuple):
    """What was kept of a screen.

    Attributes
    ----------
    question, display : dict
        What was asked, and how it was drawn.
    names : dict
        The names of the classes in it, by what they are in the question.
    seen : dict
        A digest of the picture, and what the models said of it: to warn by, not to refuse.
    marking : dict
        Whether maps were hidden, and what was marked on the pictures.
    """

    question: Mapping[str, Any]
    display: Mapping[str, Any]
    names: Mapping[str, Any]
    seen: Mapping[str, Any]
    marking: Mapping[str, Any]

    def onto(self, offered: Offered[StateT], state: StateT) -> StateT:
        """Return the state that it makes of another one.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose here.
        """
        question = dict(self.question)
        added, index = self.seen.get("added"), question.get("index")
        if isinstance(added, str) and isinstance(index, int) and index >= len(state.source):
            # Another one is shown: all else of the state can be had.
            del question["index"]
            warn(
                f"The state was made of a picture that was added in the page, {shown(added)}, which no state holds; "
                "give explorer.pictures in place of images. Another picture is shown."
            )
        try:
            for part, name in self.names.items():
                if part not in NAMED:
                    raise unknown_name("name of a class in it", part, NAMED)
                if offered.named.classes is not None and question.get(part) is not None:
                    question[part] = offered.named.target(name)  # The number may be another one here.
            return offered.changed(state, question)
        except (InputError, InputTypeError) as error:
            raise type(error)(f"The state does not fit what it is given to. {error}") from error

    def marked(self, source: Sized) -> dict[str, Any]:
        """Return what was marked on pictures that are among those of `source`, and whether maps were hidden."""
        marks = self.marking.get("marks", {})
        # What else is wrong with them, whoever takes them says.
        numbers = {key: picture_number(key) for key in (marks if isinstance(marks, Mapping) else ())}
        beyond = [key for key, number in numbers.items() if isinstance(number, int) and number >= len(source)]
        if not beyond:
            return dict(self.marking)
        warn(
            f"The state has marks on {'a picture' if len(beyond) == 1 else f'{len(beyond)} pictures'} beyond the "
            f"{len(source)} that are here, as when one was added in the page, which no state holds; give "
            "explorer.pictures in place of images. These marks are left out."
        )
        return {**self.marking, "marks": {key: mark for key, mark in marks.items() if key not in beyond}}

    def compare(self, picture: str, outputs: Outputs) -> None:
        """Warn where the picture is another one, or the models say something else of it."""
        before = self.seen.get("picture")
        if isinstance(before, str) and before != picture:
            warn("The state was made of another picture than the one with this number; it is taken all the same.")
            return
        said = self.seen.get("outputs")
        changed = [
            name
            for name, (top, share) in outputs.items()
            if isinstance(said, Mapping) and name in said and not _alike(said[name], top, share)
        ]
        if changed:
            which = " and ".join(repr(name) for name in changed if name)
            warn(
                f"The model{f's {which}' if which else ''} says something else of this picture than when the state was "
                "made, so other weights or another network; it is taken all the same."
            )


def kept(
    widget: str,
    question: Mapping[str, Any],
    display: Mapping[str, Any],
    named: Model,
    picture: str,
    outputs: Outputs,
    added: str = "",
    marking: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what is on a screen as JSON.

    Parameters
    ----------
    widget : str
        The public function that makes such widgets.
    question, display : dict
        What is asked, and how it is drawn.
    named : Model
        The model whose class names are shown.
    picture : str
        The digest of the picture.
    outputs : dict
        What the models say of it, as far as they were asked.
    added : str, optional
        What it is called, where it was added in the page.
    marking : dict, optional
        What is marked on the pictures; it is kept where there is anything.
    """
    classes = list(named.classes or ())
    asked = {part: question[part] for part in NAMED if question.get(part) is not None}
    return {
        "version": VERSION,
        "widget": widget,
        "question": dict(question),
        # A name that is there twice says less than its number.
        "names": {
            part: classes[index] for part, index in asked.items() if classes and classes.count(classes[index]) == 1
        },
        # The stage is that of the room one is in.
        "display": {name: value for name, value in display.items() if name != "presenter"},
        "seen": {
            "picture": picture,
            "outputs": {name: list(said) for name, said in outputs.items()},
            **({"added": added} if added else {}),
        },
        **({"marking": dict(marking)} if marking is not None and any(marking.values()) else {}),
    }


def as_text(state: Mapping[str, Any]) -> str:
    """Return what is kept as one line of letters, digits, - and _: its JSON, deflated, in base64url."""
    written = json.dumps(state, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    return base64.urlsafe_b64encode(packer.compress(written) + packer.flush()).decode("ascii").rstrip("=")


def digest(picture: Any) -> str:
    """Return a short text that another picture has not."""
    array = np.ascontiguousarray(picture)
    return hashlib.sha256(repr(array.shape).encode() + array.tobytes()).hexdigest()[:12]


def read(given: Any, widget: str) -> Kept:
    """Return what was kept, from what `state` of a widget gives, its text, or a file that holds either.

    Parameters
    ----------
    given : dict, str, path or None
        None is nothing kept.
    widget : str
        The public function that is to begin with it.

    Raises
    ------
    ValueError, TypeError
        If it is none, of another widget, or of a later version.
    """
    if given is None:
        return Kept({}, {}, {}, {}, {})
    found = given if isinstance(given, Mapping) else _unfolded(given)
    if not isinstance(found, Mapping):
        raise InputTypeError(f"state holds {shown(found)}; expected a dict, as widget.state gives it.")
    for part in found:
        if part not in PARTS:
            raise unknown_name("part of a state", part, PARTS)
    version = found.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise InputError(f"state has version {shown(version)}; expected 1 to {VERSION}, as widget.state gives it.")
    if version > VERSION:
        raise InputError(
            f"state has version {version}, and this xai_widgets reads versions up to {VERSION}; upgrade xai_widgets."
        )
    maker = found.get("widget")
    if maker != widget:
        raise InputError(
            f"This state is one of {shown(maker)}; expected one of {widget!r}. Give it to the same function."
        )
    parts = {part: found.get(part, {}) for part in ("question", "display", "names", "seen", "marking")}
    for part, value in parts.items():
        if not isinstance(value, Mapping):
            raise InputTypeError(f"The {part} of the state is {shown(value)}; expected a dict.")
    return Kept(**parts)


def _unfolded(given: Any) -> Any:
    """Return the JSON of a text, or of a file."""
    if not isinstance(given, str | os.PathLike):
        raise InputTypeError(
            f"state is {shown(given)}; expected what widget.state or widget.state_text gives, or the path of a file "
            "that holds it."
        )
    text = given
    if isinstance(given, os.PathLike) or _is_file(given):
        path = Path(given)
        try:
            with path.open("rb") as file:
                content = file.read(LARGEST + 1)
        except OSError as error:
            raise InputError(
                f"The state cannot be read from {str(path)!r}: {error.strerror}. Expected a file that holds one."
            ) from error
        text = _in_picture(path) if content.startswith(PNG) else content.decode("utf-8", errors="replace")
    text = str(text).strip().rpartition("#xai=")[2]
    try:
        if not text.startswith("{"):
            text = _inflated(text)
        return json.loads(text)
    except (ValueError, RecursionError, zlib.error) as error:
        raise InputError(
            f"state is {shown(given)}, which is no state, or only a part of one; expected what widget.state or "
            "widget.state_text gives, or the path of a file of it."
        ) from error


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # too long for a path, or with a zero in it
        return False


def _in_picture(path: Path) -> str:
    """Return the state in a drawing that a widget saved."""
    try:
        with Image.open(path) as picture:
            picture.load()
            found = picture.info.get(IN_PICTURES)
    except (OSError, ValueError, SyntaxError) as error:  # Pillow calls a damaged PNG file a wrong syntax.
        raise InputError(f"The picture {str(path)!r} is damaged; expected one that a widget saved.") from error
    if not isinstance(found, str):
        raise InputError(f"The picture {str(path)!r} holds no state; expected one that a widget saved as a PNG file.")
    return found


def _inflated(text: str) -> str:
    if not _LINE.fullmatch(text):
        raise InputError("There are letters in it that no such text has.")
    packed = base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    unpacker = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    written = unpacker.decompress(packed, LARGEST)
    if not unpacker.eof:
        raise InputError("It is cut short, or too long.")
    return written.decode("utf-8")


def _alike(before: Any, top: int, share: float) -> bool:
    """Whether an output is what it was, as far as that was kept in a way that can be read."""
    match before:
        case [int(class_), int() | float() as value]:
            return class_ == top and abs(value - share) <= APART * max(1.0, abs(value))
    return True
