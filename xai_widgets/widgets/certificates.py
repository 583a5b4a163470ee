"""Certified radii: how far around a picture a model provably keeps to its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from xai_widgets.errors import InputError, InputTypeError, message_of, unknown_name
from xai_widgets.models.arrays import as_array
from xai_widgets.models.objective import Array
from xai_widgets.widgets.choices import Choices


class Certificates:
    """The certified l2 radii of the pictures.

    Parameters
    ----------
    radius : callable, array or dict of model name to one of these, optional
        A callable takes inputs (batch, ...) in the model's layout and returns radii (batch,); an array has one radius
        per picture. nan means that there is none.
    choices : Choices

    Raises
    ------
    ValueError, TypeError
        If it is something else, or what a callable returns is.
    """

    def __init__(self, radius: Any, choices: Choices) -> None:
        self._choices = choices
        self._sources: dict[str, Callable[[Array], Any] | Array] = {}
        self._known: dict[tuple[str, int], float | None] = {}
        for name, source in self._by_model(radius).items():
            self._sources[name] = source if callable(source) else self._array(name, source)
            self.of(name, 0)

    def of(self, name: str, index: int) -> float | None:
        """Return the radius of a picture for the model called `name`; None where there is none."""
        source = self._sources.get(name)
        if source is None:
            return None
        if (name, index) not in self._known:
            value = float(source[index]) if isinstance(source, np.ndarray) else self._asked(name, source, index)
            self._known[name, index] = None if np.isnan(value) else max(value, 0.0)
        return self._known[name, index]

    def forget(self) -> None:
        """Ask again from now on, because a model has changed."""
        self._known.clear()

    def _by_model(self, radius: Any) -> Mapping[str, Any]:
        models = self._choices.models
        if radius is None:
            return {}
        if isinstance(radius, Mapping):
            for name in radius:
                if name not in models:
                    raise unknown_name("model", name, [known for known in models if known])
            return radius
        if len(models) > 1:
            raise InputTypeError(
                f"radius is a {type(radius).__name__}, but there are {len(models)} models; expected a dict from the "
                f"names of those that are certified ({', '.join(map(repr, models))}) to their radii."
            )
        return dict.fromkeys(models, radius)

    def _array(self, name: str, source: Any) -> Array:
        radii = as_array(source)
        count = len(self._choices.source)
        if radii.shape != (count,) or radii.dtype.kind not in "fiu":
            raise InputError(
                f"The radii{_of(name)} have shape {radii.shape} ({radii.dtype}); expected ({count},), one number per "
                "picture, or a function that gives them."
            )
        return radii.astype(float)

    def _asked(self, name: str, source: Callable[[Array], Any], index: int) -> float:
        batch, _ = self._choices.models[name].prepare(self._choices.source.input(name, index).value)
        try:
            found = as_array(source(batch))
        except Exception as error:
            raise InputError(f"The radius{_of(name)} failed for picture {index}: {message_of(error)}") from error
        if found.shape != (1,) or found.dtype.kind not in "fiu":
            raise InputError(
                f"The radius{_of(name)} returned an array of shape {found.shape} ({found.dtype}) for one input of "
                f"shape {batch.shape}; expected (1,), one number per input."
            )
        return float(found[0])


def _of(name: str) -> str:
    return f" of {name!r}" if name else ""
