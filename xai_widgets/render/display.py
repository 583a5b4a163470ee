"""How a map is drawn: the choices that never ask for a computation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np

from xai_widgets.errors import InputError, InputTypeError, shown, unknown_name
from xai_widgets.option import Option
from xai_widgets.render.colormap import colormaps

OPTIONS = (
    Option(
        "blended",
        "choice",
        "Layout",
        "The map over the picture, or beside it.",
        choices=("blended", "beside"),
        name="layout",
    ),
    Option(
        0.8,
        "number",
        "Overlay",
        "How much of the map covers the picture.",
        minimum=0,
        maximum=1,
        slider=(0, 1),
        step=0.01,
        unit="share",
        when=("layout", ("blended",)),
        name="opacity",
    ),
    Option(
        99.5,
        "number",
        "Clip at",
        "The percentile of sizes at which the colours end, so that a few large values do not hide the rest.",
        minimum=50,
        maximum=100,
        slider=(90, 100),
        step=0.1,
        unit="percent of the pixels",
        name="clip",
    ),
    Option(
        0.0,
        "number",
        "Smoothing",
        "The standard deviation, in pixels, of the Gaussian that smooths the map.",
        minimum=0,
        maximum=32,
        slider=(0, 8),
        step=0.25,
        unit="pixels",
        labels={"0": "none"},
        name="smoothing",
    ),
    Option(
        "both",
        "choice",
        "Sign",
        "Both signs, positive values alone, or the size of each value.",
        choices=("both", "positive", "absolute"),
        labels={"both": "both signs", "absolute": "size"},
        name="sign",
    ),
    Option(
        "own",
        "choice",
        "Scale",
        "A colour scale for the map of each model, or one for all.",
        choices=("own", "shared"),
        labels={"own": "own scales", "shared": "one scale"},
        name="scale",
    ),
    Option(
        "red_blue",
        "choice",
        "Colours",
        "The colours of the smallest and the largest values, and of those between.",
        choices=tuple(colormaps()),
        labels={name: one.label for name, one in colormaps().items()},
        name="colormap",
    ),
)
"""What of it has a control, in the order in which the controls stand."""


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
        for option in OPTIONS:
            value = getattr(self, option.name)
            if option.kind == "choice":
                _check_choice(option.name, value, option.choices)
            else:
                object.__setattr__(self, option.name, _checked_number(option, value))
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


def _checked_number(option: Option, value: Any) -> float:
    low, high = option.minimum, option.maximum
    wrong = f"display has {option.name} {shown(value)}; expected a number from {low} to {high}."
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise InputTypeError(wrong)
    if low is None or high is None or not low <= value <= high:
        raise InputError(wrong)
    return float(value)


def _check_choice(name: str, value: Any, choices: Any) -> None:
    if not isinstance(value, str) or value not in choices:
        raise unknown_name(f"{name} of display", value, choices)
