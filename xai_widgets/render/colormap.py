"""Colour maps, which the front end is told of.

The anchors of red_blue (RdBu), orange_purple (PuOr) and greys are ColorBrewer's (C. Brewer, M. Harrower, Apache 2.0),
those of viridis and cividis were published by S. van der Walt and N. Smith, and by J. Nuñez, C. Anderton and
R. Renslow. All of them are told apart by colour-blind eyes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from xai_widgets.errors import unknown_name

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Colormap:
    """A ramp of colours.

    Attributes
    ----------
    name, label : str
    kind : {"diverging", "sequential"}
        A diverging ramp spans -1 to 1, a sequential one 0 to 1.
    anchors : array of shape (n, 3)
        Evenly spaced colours, 0 to 255, with straight lines between them.
    """

    name: str
    label: str
    kind: Literal["diverging", "sequential"]
    anchors: Array

    def colors(self, t: Array, signed: bool) -> Array:
        """Return the colours (..., 3), as floats from 0 to 255, of `t` (...).

        Parameters
        ----------
        t : array
            From -1 to 1 where `signed`, else from 0 to 1.
        signed : bool
            Whether `t` has a sign; a sequential ramp then runs from -1 to 1 as a whole.
        """
        share = (np.asarray(t, float) + 1) / 2 if signed or self.kind == "diverging" else np.asarray(t, float)
        place = np.linspace(0, 1, len(self.anchors))
        return np.stack([np.interp(share, place, channel) for channel in self.anchors.T], axis=-1)


@cache
def colormaps() -> dict[str, Colormap]:
    """Return all colour maps by name."""
    described = json.loads(Path(__file__).with_name("colormaps.json").read_text(encoding="utf-8"))
    return {
        name: Colormap(name, one["label"], one["kind"], np.array(one["colors"], float))
        for name, one in described.items()
    }


def colormap(name: str) -> Colormap:
    """Return the colour map of this name, or say which ones there are."""
    if name not in colormaps():
        raise unknown_name("colour map", name, colormaps())
    return colormaps()[name]
