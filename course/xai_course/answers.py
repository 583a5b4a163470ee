"""Answers as values that can be compared: finite numbers, truth values, arrays of them, or a refusal in words.

Whatever NumPy reads is accepted: lists, arrays, the tensors of both frameworks, fractions. What cannot be one of these
kinds is refused before it is compared: text, complex numbers, other shapes, and what is not finite.
"""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_course.checking import described, refuse

NOT_FINITE = "Is something divided by zero?"


def number(value: Any, expected: str = "one number", advice: str = "", not_finite: str = NOT_FINITE) -> float:
    """Return an answer that is one finite number.

    Parameters
    ----------
    value : object
        What the student's function returned.
    expected : str
        What it should be, for the refusal.
    advice : str
        What to do where it is something else.
    not_finite : str
        What to do where it is NaN or infinite.
    """
    return float(numbers(value, (), expected, advice, not_finite))


def whole_number(value: Any, expected: str = "one whole number") -> int:
    """Return an answer that is one whole number, written with a decimal point or without."""
    found = number(value, expected)
    if not found.is_integer():
        refuse(f"expected {expected}; found {described(value)}.")
    return int(found)


def numbers(
    value: Any,
    shape: tuple[int, ...] | None = None,
    expected: str = "numbers",
    advice: str = "",
    not_finite: str = NOT_FINITE,
) -> NDArray[np.float64]:
    """Return an answer that is an array of finite numbers, of this shape if one is given; see `number`."""
    found = _array(value)
    if found is None or found.dtype.kind not in "fiu" or (shape is not None and found.shape != shape):
        refuse(_other(value, found, shape, expected, advice))
    with np.errstate(over="ignore"):
        found = found.astype(np.float64)
    if not np.isfinite(found).all():
        refuse(f"expected {expected}; found {found[~np.isfinite(found)].flat[0]}. {not_finite}")
    return found


def truth(value: Any, expected: str = "True or False") -> bool:
    """Return an answer that is true or false; see `number`."""
    return bool(truths(value, (), expected))


def truths(value: Any, shape: tuple[int, ...], expected: str = "truth values", advice: str = "") -> NDArray[np.bool_]:
    """Return an answer that is an array of truth values of this shape; see `number`."""
    found = _array(value)
    if found is None or found.dtype.kind != "b" or found.shape != shape:
        refuse(_other(value, found, shape, expected, advice))
    return found


def _other(value: Any, found: NDArray[Any] | None, shape: tuple[int, ...] | None, expected: str, advice: str) -> str:
    """Return how an answer of another kind is refused: by its shape, where it is a list or an array at all."""
    wanted = f"expected {expected}, shape {shape}" if shape else f"expected {expected}"
    return f"{wanted}; found {described(value if found is None or not found.ndim else found)}. {advice}".rstrip()


def _array(value: Any) -> NDArray[Any] | None:
    """Return a value as NumPy reads it, fractions as floats; None where it has no shape, as uneven lists have none."""
    try:
        found = np.asarray(value)
        if found.dtype == object and all(isinstance(one, Real) for one in found.flat):
            with np.errstate(over="ignore"):
                return found.astype(np.float64)
    except Exception:  # noqa: BLE001 - runs __array__ of a student's class: it may raise anything, and is no array then.
        return None
    return found
