"""Small networks, twice: `networks.torch` and `networks.keras` have the same functions in the same order.

Both start from the same weights and see the same batches, so that one seed gives nearly the same network in both.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

BACKENDS = ("torch", "keras")


def backend(name: str | None = None) -> ModuleType:
    """Return the networks of one framework; only that framework is imported.

    Parameters
    ----------
    name : {"torch", "keras"}, optional
        By default what the environment variable XAI_BACKEND says, else "torch".

    Raises
    ------
    ValueError
        If it is neither.
    ModuleNotFoundError
        If the framework is not installed; the message says what to install.
    """
    chosen = name or os.environ.get("XAI_BACKEND") or "torch"
    if chosen not in BACKENDS:
        raise ValueError(f"The backend is {chosen!r}; expected 'torch' or 'keras'.")
    # Threads that spin while they wait cost several times the work on a shared machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        with _without_notices():
            return importlib.import_module(f"xai_course.networks.{chosen}")
    except ModuleNotFoundError as error:
        extra = "torch" if chosen == "torch" else "tensorflow"
        raise ModuleNotFoundError(
            f"{error.name} is not installed; run pip install 'xai-widgets[{extra}]', or choose the other backend."
        ) from error


@contextmanager
def _without_notices() -> Iterator[None]:
    """Keep TensorFlow's notices on the processor, which look like warnings, out of the notebook.

    They are written by C++ before any setting is read; what goes wrong in an import is an exception and still seen.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
