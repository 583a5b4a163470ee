"""How a value arises, as the front end draws it: in general form, whatever the method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from xai_widgets.answers.estimate import Frame
from xai_widgets.attribution.description import Described
from xai_widgets.attribution.mechanism import checked_place
from xai_widgets.attribution.result import Attribution
from xai_widgets.models.objective import Array
from xai_widgets.render.diagram import Bars, Curve, Dots, Part, Pictures

MOST_DOTS = 256
"""Of more numbers some are drawn, spread over all of them; their means are those of all."""


def told(found: Attribution, at: Sequence[int], model: str = "") -> Frame | None:
    """Return how the value of an attribution at a place arises, as JSON and arrays; None where that was not kept.

    Parameters
    ----------
    found : Attribution
    at : sequence of int
    model : str, optional
        Which model it is of, where several are on the screen.
    """
    place = checked_place(found.question, at)
    mechanism = None if found.ledger is None else found.ledger.read(found, place)
    if mechanism is None:
        return None
    arrays: list[Array] = []
    parts = [_part(part, arrays) for part in mechanism.parts]
    # Of a layer the read-out may lie between the places of its map: which of them this is has to be said.
    where = "" if found.question.cut.layer is None else f" ({mechanism.place})"
    of_model = f" in {model}" if model else ""
    sentence = f"{of_model}{where} is {mechanism.sentence}"
    return {"value": mechanism.value, "sentence": sentence, "parts": parts}, arrays


def untold(method: Described) -> Frame:
    """Return what is told where it is not known how a single value of a method arises."""
    sentence = f"{method.label} has no drawing of how a value arises: its values arise together."
    return {"value": None, "sentence": sentence, "parts": []}, []


def _part(part: Part, arrays: list[Array]) -> dict[str, Any]:
    """Return a part of a drawing as JSON; what it has of pixels goes to the arrays."""
    match part:
        case Curve():
            return {"kind": "curve", "label": part.label, "x": part.x, "y": part.y, "ends": list(part.ends)}
        case Dots():
            rows = [
                {"name": name, "values": _some(values), "mean": mean}
                for (name, values), mean in zip(part.rows, part.means, strict=True)
            ]
            return {"kind": "dots", "label": part.label, "rows": rows}
        case Pictures():
            count, height, width = part.pixels.shape[:3]
            opaque = np.full((count, height, width, 1), 255, np.uint8)
            arrays.append(np.concatenate([part.pixels, opaque], axis=-1))
            about = {"label": part.label, "values": list(part.values), "width": width, "height": height}
            return {"kind": "pictures", "buffer": len(arrays) - 1, **about}
        case Bars():
            rows = [{"name": name, "value": value} for name, value in part.rows]
            return {"kind": "bars", "label": part.label, "rows": rows}


def _some(values: Array) -> Array:
    flat = np.ravel(values)
    step = -(-len(flat) // MOST_DOTS)
    return flat[::step] if step > 1 else flat
