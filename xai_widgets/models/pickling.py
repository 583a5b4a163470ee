"""Networks that are to be pickled or copied, and what keeps them from it, told before half of it is done."""

from __future__ import annotations

import copy
import pickle
import sys
import warnings
from collections.abc import Mapping
from types import FrameType
from typing import Any

from xai_widgets.errors import InputTypeError
from xai_widgets.models.arrays import kind_of
from xai_widgets.models.failures import told

_ABLE = ("cloudpickle", "dill")
"""Packages that pickle functions wherever they are written."""


def check_pickled(parts: Mapping[str, Any]) -> None:
    """Refuse to pickle a model with a part that pickle does not take, or from which it makes nothing again.

    Raises
    ------
    TypeError
        With the part, and what to do.
    """
    if _by_others():
        return
    for name, part in parts.items():
        try:
            pickle.loads(pickle.dumps(part))
        except Exception as error:
            raise InputTypeError(
                f"The model cannot be pickled, because its {name}, a {kind_of(part)}, cannot: {told(error)}. Write "
                "functions with def at the top of a module, or keep the weights and wrap the network again; of a "
                "result, result.save(path) keeps what was found without the network."
            ) from error


def copied(name: str, part: Any, memo: dict[int, Any]) -> Any:
    """Return a deep copy of a part of a model.

    Raises
    ------
    TypeError
        If it cannot be copied, with what to do.
    """
    try:
        with warnings.catch_warnings():
            # Keras warns of how it copies its own variables, about which nobody who reads it can do anything.
            warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
            return copy.deepcopy(part, memo)
    except Exception as error:
        raise InputTypeError(
            f"The model cannot be copied, because its {name}, a {kind_of(part)}, cannot: {told(error)}. Make the "
            "network again, give it the same weights, and wrap it."
        ) from error


def _by_others() -> bool:
    """Whether one of the packages is at work that pickle more than Python does."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if any(name in str(frame.f_globals.get("__name__")).split(".") for name in _ABLE):
            return True
        frame = frame.f_back
    return False
