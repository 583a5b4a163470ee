"""The picture of an attribution for where no widget is: a cell of a notebook, a web page, a printed one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from xai_widgets.answers.question import Question
from xai_widgets.attribution.description import Described


def picture_of(question: Question, method: Described, maps: Any, parts: Mapping[str, Any] | None = None) -> bytes:
    """Return a PNG file of an attribution: its map over the input, for the first input of a batch.

    Parameters
    ----------
    question : Question
    method : Described
    maps : array (H, W), (n,), or a batch of these; of several input tensors a tuple or a dict of such
    parts : mapping, optional
        Of several input tensors what each contributes, by name.
    """
    from xai_widgets.render import Display, Panel, attribution_png, figure_png
    from xai_widgets.render.text import Passage, text_png

    model, x, first = question.model, question.batch[0], slice(None) if question.single else 0
    title = f"{method.title}: {question.quantity.describe(model)}"
    if parts is not None:
        panels = []
        for (name, share), plane in zip(parts.items(), maps.values() if isinstance(maps, dict) else maps, strict=True):
            shown, total = plane[first], float(np.ravel(share)[0])
            panels.append(Panel(name, f"sum {total:.3g}", map=shown, ends=method.ends_at(None, shown.ndim == 1)))
        return figure_png(title, panels, Display())
    plane, layer = maps[first], question.cut.layer
    ends = method.ends_at(layer, table=x.ndim == 1)
    if model.tokens is not None and plane.shape == x.shape:
        read = model.tokens.words(x)
        return text_png(title, [Passage(words=read, values=plane[: len(read)], ends=ends)], Display())
    if model.channel_axis == 0:
        x = np.moveaxis(x, 0, -1)
    names = model.features if layer is None else None
    columns = [] if names is None else [(name, float(value)) for name, value in zip(names, x, strict=True)]
    return attribution_png(x, model.bounds, plane, title, ends=ends, columns=columns)
