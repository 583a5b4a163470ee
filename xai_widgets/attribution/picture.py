"""The picture of an attribution for where no widget is: a cell of a notebook, a web page, a printed one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from xai_widgets.answers.question import Question
from xai_widgets.attribution.description import Described
from xai_widgets.models.inputs.input import Input
from xai_widgets.models.inputs.view import View, bare
from xai_widgets.models.objective import Array


def picture_of(question: Question, method: Described, maps: list[Array], shares: Mapping[str, Any]) -> bytes:
    """Return a PNG file of an attribution: its map over the input, for the first input of a batch.

    Parameters
    ----------
    question : Question
    method : Described
    maps : list of array
        The map of each input tensor, or of a layer's output: (H, W), (n,), or a batch of these.
    shares : mapping
        What each of several input tensors contributes, by its name.
    """
    from xai_widgets.render import Display, figure
    from xai_widgets.render.canvas import below
    from xai_widgets.render.text import Passage, text_figure

    title = f"{method.title}: {question.quantity.describe(question.model)}"
    views = views_of(question, maps)
    panels = [_panel(question, method, piece, view, shares) for piece, view in views if view.text is None]
    texts = [
        Passage.of(
            view.text,
            view.map,
            name=": ".join(filter(None, [piece.name, _share(piece, shares)])),
            ends=method.ends_at(question.cut.layer, piece.terms),
        )
        for piece, view in views
        if view.text is not None
    ]
    sheets = [figure(title, panels, Display())] if panels else []
    if texts:
        sheets.append(text_figure("" if panels else title, texts, Display()))
    return below(*sheets).png() if len(sheets) > 1 else sheets[0].png()


def views_of(question: Question, maps: list[Array]) -> list[tuple[Input, View]]:
    """Return what there is to draw of the first input of a batch: the views of each input tensor."""
    whole, at_layer = question.model.input, question.cut.layer is not None
    planes = maps if question.single else [plane[0] for plane in maps]
    if at_layer and (len(whole.pieces) > 1 or question.cut.layout.is_vector):
        return [(whole, bare(plane)) for plane in planes]
    tensors = (one[0] for one in whole.unpacked(question.batch[:1]))
    pieces = zip(whole.pieces, tensors, planes, strict=True)
    return [(piece, view) for piece, x, plane in pieces for view in piece.views(x, plane)]


def _share(piece: Input, shares: Mapping[str, Any]) -> str:
    share = shares.get(piece.name)
    return "" if share is None else f"sum {float(np.ravel(share)[0]):.3g}"


def _panel(question: Question, method: Described, piece: Input, view: View, shares: Mapping[str, Any]) -> Any:
    from xai_widgets.render import Panel, as_picture

    return Panel(
        name=", ".join(filter(None, [piece.name, view.name])),
        note=_share(piece, shares),
        picture=None if view.picture is None else as_picture(view.picture, view.bounds),
        map=view.map,
        ends=method.ends_at(question.cut.layer, piece.terms),
        columns=view.columns,
        curve=view.curve,
    )
