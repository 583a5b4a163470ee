"""The models of a widget: one, or several by name that speak of the same classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.models.base import Model


def checked_models(models: Any, several: bool = False) -> dict[str, Model]:
    """Return the models by name, one that was given bare under the empty name.

    Parameters
    ----------
    models : Model or dict of str to Model
    several : bool
        Whether the widget shows networks of several input tensors.

    Raises
    ------
    ValueError, TypeError
        If something is no wrapped model, or one that widgets cannot show.
    """
    if isinstance(models, Model):
        if not several:
            _check_single(models)
        return {"": models}
    if not isinstance(models, Mapping):
        raise InputTypeError(
            f"Found a {type(models).__name__}; expected a wrapped network, xai_widgets.wrap(network), or a dict of "
            "them by name."
        )
    if not models:
        raise InputError("There are no models in the dict; expected at least one.")
    for name, model in models.items():
        if not isinstance(name, str) or not name:
            raise InputTypeError(f"The models are named by {name!r}; expected a str that is not empty.")
        if not isinstance(model, Model):
            raise InputTypeError(
                f"{name!r} is a {type(model).__name__}; expected a wrapped network: xai_widgets.wrap(network)."
            )
        if not several:
            _check_single(model)
    return dict(models)


def _check_single(model: Model) -> None:
    """Refuse a network of several input tensors, which one widget shows."""
    if len(model.taken.pieces) > 1:
        raise InputError(model.taken.not_on_screen)


def check_alike(models: Mapping[str, Model]) -> None:
    """Refuse models that do not speak of the same classes."""
    (first, one), *others = models.items()
    for name, other in others:
        if other.output_count != one.output_count:
            raise InputError(
                f"{first!r} has {one.output_count} outputs and {name!r} has {other.output_count}; models that are "
                "shown side by side need the same classes."
            )
        if one.classes is not None and other.classes is not None and other.classes != one.classes:
            raise InputError(
                f"{first!r} and {name!r} name their classes differently; expected the same names in order."
            )
