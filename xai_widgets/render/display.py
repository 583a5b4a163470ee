"""How a map is drawn: the choices that never ask for a computation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np

from xai_widgets.errors import InputError, InputTypeError, shown, unknown_name
from xai_widgets.render.colormap import colormaps

LAYOUTS = ("blended", "beside")
SIGNS = ("both", "positive", "absolute")
SCALES = ("own", "shared")


@dataclass(frozen=True)
class Display:
    """How maps are drawn.

    Parameters
    ----------
    layout : {"blended", "beside"}, default "blended"
        The map over the picture in grey, or beside the picture in colour.
    colormap : str, default "red_blue"
    sign : {"both", "positive", "absolute"}, default "both"
        Which values are shown.
    clip : float, default 99.5
        The percentile of the magnitudes that gets the full colour, 50 to 100.
    opacity : float, default 0.8
        Of the map over the picture, 0 to 1.
    smoothing : float, default 0
        The standard deviation, in pixels of the picture, of a Gaussian; up to 32.
    scale : {"own", "shared"}, default "own"
        Whether each map has a colour scale of its own, or those of several models share one.
    presenter : bool, default False
        Whether the widget fills the stage, for the last row.

    Raises
    ------
    ValueError, TypeError
        If a choice is none.
    """

    layout: str = "blended"
    colormap: str = "red_blue"
    sign: str = "both"
    clip: float = 99.5
    opacity: float = 0.8
    smoothing: float = 0.0
    scale: str = "own"
    presenter: bool = False

    def __post_init__(self) -> None:
        _check_choice("layout", self.layout, LAYOUTS)
        _check_choice("colormap", self.colormap, colormaps())
        _check_choice("sign", self.sign, SIGNS)
        _check_choice("scale", self.scale, SCALES)
        for name, low, high in (("clip", 50, 100), ("opacity", 0, 1), ("smoothing", 0, 32)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float | np.number):
                raise InputTypeError(f"display has {name} {shown(value)}; expected a number from {low} to {high}.")
            if not low <= value <= high:
                raise InputError(f"display has {name} {shown(value)}; expected a number from {low} to {high}.")
            object.__setattr__(self, name, float(value))
        if not isinstance(self.presenter, bool | np.bool_):
            raise InputTypeError(f"display has presenter {shown(self.presenter)}; expected True or False.")
        object.__setattr__(self, "presenter", bool(self.presenter))

    def changed(self, changes: Any) -> Display:
        """Return this with the choices in the mapping `changes` in place of its own."""
        if not isinstance(changes, Mapping):
            raise InputTypeError(f"display is {shown(changes)}; expected a dict such as {{'opacity': 0.5}}.")
        names = [field.name for field in fields(self)]
        for name in changes:
            if name not in names:
                raise unknown_name("choice of display", name, names)
        return replace(self, **changes)

    def fitting(self, ends: tuple[str, str]) -> Display:
        """Return this for a map whose colour scale has these ends: what is never negative has a one-sided scale."""
        return replace(self, sign="positive") if self.sign == "both" and not ends[0] else self

    def as_dict(self) -> dict[str, Any]:
        """Return the choices as JSON."""
        return asdict(self)


def _check_choice(name: str, value: Any, choices: Any) -> None:
    if not isinstance(value, str) or value not in choices:
        raise unknown_name(f"{name} of display", value, choices)
