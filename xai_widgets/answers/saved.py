"""Results in files: arrays and JSON, which are read without running anything, and without the network."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from xai_widgets.answers.fact import Fact
from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.objective import Array, Number, Values

VERSION = 1
"""Of the format; a file of a later one is refused in words."""

ABOUT, PICTURE = "about", "picture"
"""What the JSON and the PNG file are called among the arrays."""


@dataclass(frozen=True, eq=False, repr=False)
class SavedResult:
    """What a result said of itself when it was saved; made by `load`.

    Attributes
    ----------
    values, map, standard_error : array, or a tuple or dict of arrays, or None
        As the result had them.
    inputs : array of shape (batch, *input shape)
        What was asked about, as the network took it.
    score, gap, absolute_gap : float or array of shape (batch,), or None
        As the result had them.
    method : str
        What gave it, with its options, as one writes it in Python.
    options : dict
        The options that are numbers and names, by name.
    quantity : str
        What was explained, in words.
    layer : str or None
        The layer that it was attributed to; None for the input.
    facts : list of Fact
        What there was to know of it beside its numbers.
    evaluations : int
        Passes of single inputs that it took.
    final : bool
        Whether its stream had come to its end.
    kind, text, picture : str, str, bytes or None
        What it was, its ``repr``, and its picture, a PNG file.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "cross.npz"
    >>> xai.Saliency()(model, x).save(path)
    >>> xai.load(path).map.shape
    (8, 8)
    """

    values: Values
    map: Values
    standard_error: Values
    inputs: Array
    score: Number | None
    gap: Number | None
    absolute_gap: Number | None
    method: str
    options: dict[str, Any]
    quantity: str
    layer: str | None
    facts: list[Fact]
    evaluations: int
    final: bool
    kind: str
    text: str
    picture: bytes | None

    @property
    def question(self) -> Any:
        """The question needs the network, which is not in the file."""
        raise InputError(
            "This result was read from a file, which holds no network. Wrap the network again and ask anew: "
            f"{self.method}(model, result.inputs)."
        )

    def __repr__(self) -> str:
        return f"{self.text} (saved)"

    def _repr_png_(self) -> bytes | None:
        """Return the picture that a notebook shows."""
        return self.picture


def save(result: Any, path: str | os.PathLike[str]) -> None:
    """Write a result to a file; what was there before stays until it is written whole.

    Parameters
    ----------
    result : Estimate
    path : str or path
        Where to; "result.npz".

    Raises
    ------
    ValueError, TypeError
        If it is no path, or cannot be written.
    """
    target = checked_path(path)
    question, method = result.question, getattr(result, "method", None)
    arrays: dict[str, Array] = {}
    about = {
        "version": VERSION,
        "kind": type(result).__name__,
        "text": repr(result),
        "method": repr(method),
        "options": {name: value for name, value in _options(method).items() if _is_plain(value)},
        "quantity": question.quantity.describe(question.model),
        "layer": question.cut.layer,
        "facts": [list(fact) for fact in result.facts],
        "evaluations": int(result.evaluations),
        "final": bool(result.final),
    }
    numbers = ("values", "map", "standard_error", "score", "gap", "absolute_gap")
    about["arrays"] = {name: _taken_apart(name, getattr(result, name, None), arrays) for name in numbers}
    arrays["inputs"] = question.batch
    arrays[ABOUT] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    picture = result._repr_png_() if hasattr(result, "_repr_png_") else None
    if picture is not None:
        arrays[PICTURE] = np.frombuffer(picture, np.uint8)
    written = io.BytesIO()
    np.savez_compressed(written, allow_pickle=False, **arrays)
    write_whole(target, written.getvalue())


def write_whole(target: Path, content: bytes) -> None:
    """Write a file; what was there before stays until it is written whole.

    Raises
    ------
    ValueError
        If it cannot be written.
    """
    beside = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(content)
        beside.replace(target)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise InputError(f"The result cannot be written to {str(target)!r}: {error.strerror}.") from error


def load(path: str | os.PathLike[str]) -> SavedResult:
    """Return a result that was saved with ``result.save(path)``; nothing in the file is run, and no network is needed.

    Parameters
    ----------
    path : str or path
        The file.

    Returns
    -------
    SavedResult
        All that the result said of itself.

    Raises
    ------
    ValueError, TypeError
        If there is no such file, it is damaged or something else, or of a later version.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "cross.npz"
    >>> xai.Occlusion(window=2, stride=2)(model, x, xai.Logit("cross")).save(path)
    >>> xai.load(path).quantity
    'cross'
    """
    source = checked_path(path)
    try:
        content = source.read_bytes()
    except OSError as error:
        raise InputError(f"The result {str(source)!r} cannot be read: {error.strerror}.") from error
    try:
        return _read(content)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"The file {str(source)!r} is damaged, or no result that was saved here; expected one of result.save(path)."
        ) from error


def _read(content: bytes) -> SavedResult:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if archive.testzip() is not None:
            raise ValueError("a checksum is wrong")
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    about = json.loads(arrays[ABOUT].tobytes())
    if about["version"] > VERSION:
        raise InputError(
            f"The file has version {about['version']} of the format, and this package reads up to {VERSION}; expected "
            "a newer xai_widgets."
        )
    numbers = {name: _put_together(layout, arrays) for name, layout in about["arrays"].items()}
    facts = [Fact(*map(str, fact)) for fact in about["facts"]]
    picture = arrays[PICTURE].tobytes() if PICTURE in arrays else None
    rest = {field.name: about[field.name] for field in fields(SavedResult) if field.name in about}
    return SavedResult(**{**rest, **numbers, "facts": facts, "inputs": arrays["inputs"], "picture": picture})


def _taken_apart(name: str, value: Any, arrays: dict[str, Array]) -> Any:
    """Put what a result has under a name among the arrays, and return how it is put together again."""
    if value is None or isinstance(value, float | int):
        return {"number": None if value is None else float(value)}
    if isinstance(value, Mapping):
        return {"dict": {key: _taken_apart(f"{name}.{key}", one, arrays) for key, one in value.items()}}
    if isinstance(value, tuple):
        return {"tuple": [_taken_apart(f"{name}.{place}", one, arrays) for place, one in enumerate(value)]}
    arrays[name] = np.asarray(value)
    return {"array": name}


def _put_together(layout: Any, arrays: Mapping[str, Array]) -> Any:
    ((kind, value),) = layout.items()
    if kind == "number":
        return None if value is None else float(value)
    if kind == "dict":
        return {key: _put_together(one, arrays) for key, one in value.items()}
    if kind == "tuple":
        return tuple(_put_together(one, arrays) for one in value)
    return arrays[value]


def _options(method: Any) -> dict[str, Any]:
    return {option.name: getattr(method, option.name) for option in method.options()} if method is not None else {}


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float)


def checked_path(path: Any) -> Path:
    """Return the path of a file.

    Raises
    ------
    TypeError
        If it is none.
    """
    if not isinstance(path, str | os.PathLike) or not str(path) or "\0" in str(path):
        raise InputTypeError(f"The path is {shown(path)}; expected that of a file, such as 'result.npz'.")
    return Path(path)
