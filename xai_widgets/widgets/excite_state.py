"""What is on the screen of an exciter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from xai_widgets.concepts.moving.activation_maximisation import ActivationMaximisation
from xai_widgets.concepts.moving.feature_inversion import FeatureInversion
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.protocol import Exciting, Start

Mover = ActivationMaximisation | FeatureInversion
"""What moves a picture."""


@dataclass(frozen=True)
class ExciteState:
    """What is on the screen.

    Attributes
    ----------
    source : Pictures
        The pictures.
    index : int
        Which is inverted, or begun with.
    mover : ActivationMaximisation or FeatureInversion
        What moves a picture, with its options.
    network : str
        The name of the network that is to be excited, or inverted.
    layer : str
        Whose channel it is, or which is inverted.
    channel : int or None
        The channel that is to be excited; None is a class.
    target : int
        That class.
    start : {"noise", "picture"}
        What activation maximisation begins with.
    """

    source: Pictures
    index: int
    mover: Mover
    network: str
    layer: str
    channel: int | None
    target: int
    start: Start

    def with_source(self, source: Pictures) -> ExciteState:
        """Return the same of other pictures."""
        return replace(self, source=source)

    @property
    def inverts(self) -> bool:
        """Whether a layer is inverted, and nothing excited."""
        return isinstance(self.mover, FeatureInversion)

    @property
    def begins_with_picture(self) -> bool:
        """Whether what is found depends on the picture in view."""
        return self.inverts or self.start == "picture"

    def as_dict(self) -> Exciting:
        """Return the state as JSON."""
        return {
            "method": self.mover.name,
            "options": dict(self.options),
            "index": self.index,
            "network": self.network,
            "layer": self.layer,
            "channel": self.channel,
            "target": self.target,
            "start": self.start,
        }

    @cached_property
    def options(self) -> Mapping[str, Any]:
        """The options that can be chosen, by name."""
        return options_of(self.mover)

    def traits(self) -> dict[str, Any]:
        """Return the traits that it amounts to."""
        return {**self.as_dict()}


def options_of(mover: Mover) -> Mapping[str, Any]:
    """Return the options of what moves a picture that can be chosen, by name."""
    return {option.name: getattr(mover, option.name) for option in mover.options() if option.shown}
