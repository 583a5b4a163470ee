"""What an eraser is answered with: for each map the curve of what is left, and the order in which to erase."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Any, NamedTuple, cast

import numpy as np

from xai_widgets.answers.estimate import Frame
from xai_widgets.attribution.method import Method
from xai_widgets.evaluation.controls import CentreBlob, RandomMap, TrueMask
from xai_widgets.evaluation.erasure import filling_for, laid
from xai_widgets.evaluation.judgement import Judge, Judgement, Memory
from xai_widgets.models.objective import Array
from xai_widgets.render import as_picture
from xai_widgets.session import View
from xai_widgets.widgets.eraser_choices import EraserChoices
from xai_widgets.widgets.eraser_state import EraserState
from xai_widgets.widgets.eraser_words import eraser_code, eraser_sentence
from xai_widgets.widgets.files import Map
from xai_widgets.widgets.kept import Outputs
from xai_widgets.widgets.outline import as_runs
from xai_widgets.widgets.pictures import address
from xai_widgets.widgets.predictions import Predictions
from xai_widgets.widgets.protocol import EraserHeader
from xai_widgets.widgets.remembered import Remembered
from xai_widgets.widgets.weights import Weights
from xai_widgets.widgets.words import in_words

REMEMBERED = 64
"""So many explanations are kept with what was measured of them."""

FILLINGS = 16
"""So many pictures are kept of what takes the place of what is erased."""


class Judged(NamedTuple):
    """What makes a map that is judged."""

    title: str
    method: Method
    layer: str | None
    control: str = ""
    """The name of a map that is compared with; empty for that of a method."""


class Erasures:
    """Judgements of the maps that a state asks for.

    Parameters
    ----------
    choices : EraserChoices
    """

    def __init__(self, choices: EraserChoices) -> None:
        self.choices = choices
        self.weights = Weights(choices.models)
        self.predictions = Predictions(choices.choices)
        self._memories = Remembered[Memory](REMEMBERED)
        self._fillings = Remembered[str](FILLINGS)
        self.weights.tell(self.predictions.forget)
        self.weights.tell(self._memories.forget)
        self._version = partial(self.weights.look, choices.name)

    def code(self, state: EraserState) -> str:
        """Return the Python that asks the same."""
        return eraser_code(self.choices, state)

    def sentence(self, state: EraserState) -> str:
        """Return what is on the screen in a sentence."""
        known = self.predictions.known(self.choices.name, state.question)
        return eraser_sentence(self.choices, state, known[0]["index"] if known else None)

    def maps(self, state: EraserState, answers: Sequence[Any]) -> list[Map]:
        """Return the maps that are judged."""
        return [
            Map(self.choices.name, judged.title, laid(found.explained)[0][0])
            for judged, found in zip(self.judged(state), answers, strict=True)
        ]

    def outputs(self, state: EraserState) -> Outputs:
        """Return nothing: what a curve is of is told from its picture."""
        return {}

    asked_outputs = outputs

    def judged(self, state: EraserState) -> list[Judged]:
        """Return what is judged: the methods, then the controls that are asked for and the true mask that is known."""
        question, mask = state.question, self.choices.mask(state.index)
        found = [
            Judged(title, single.cell.method, single.cell.layer)
            for title, single in zip(question.titles, question.singles, strict=True)
        ]
        controls: list[Method] = [RandomMap(), CentreBlob()] if state.controls else []
        if mask is not None:
            controls.append(TrueMask(masks=mask))
        return found + [Judged(control.label, control, None, control.name) for control in controls]

    def views(self, state: EraserState) -> tuple[list[View], Sequence[int]]:
        """Return a view for each map; all of them come first."""
        written, filled = cache(partial(self.code, state)), partial(self._filled, state)
        views = [self._view(state, judged, written, filled) for judged in self.judged(state)]
        return views, range(len(views))

    def _filled(self, state: EraserState) -> str:
        """Return the address of what takes the place of what is erased."""
        key = (state.question.input(self.choices.name).key, state.fill, state.metric.seed)
        return self._fillings.of(key, lambda: address(self.filling(state)))

    def filling(self, state: EraserState) -> Array:
        """Return what takes the place of what is erased, as it is shown, uint8 (H, W, 3)."""
        model = self.choices.models[self.choices.name]
        batch, _ = model.prepare(state.question.input(self.choices.name).value)
        filling = filling_for(model, batch, state.fill, state.metric.seed)[0]
        layout = model.input.pieces[0].layout
        pixels = layout.by_channel(filling[None])[0].reshape(layout.channels, *layout.grid)
        # A picture is given: `EraserChoices` takes nothing else.
        return cast(Array, as_picture(np.moveaxis(pixels, 0, -1), model.bounds))

    def _view(self, state: EraserState, judged: Judged, written: Callable[[], str], filled: Callable[[], str]) -> View:
        name, question = self.choices.name, state.question
        model, picture = self.choices.models[name], question.input(name)
        explained = (picture.key, question.quantity, question.target, judged.layer)
        judge = Judge(state.metric, judged.method, state.share)

        def header() -> EraserHeader:
            top = self.predictions.top(name, question)[0]["index"]
            mask = self.choices.mask(state.index)
            return {
                "state": state.as_dict(),
                "code": written(),
                "title": judged.title,
                "quantity": in_words(self.choices.choices, question, top),
                "control": judged.control,
                "ends": question.source.ends(judged.method, judged.layer, name),
                "fill": filled(),
                "outline": None if mask is None else as_runs(mask),
            }

        def stream(_: Any) -> Iterator[Any]:
            memory = self._memories.of((explained, judged.method.key, state.metric.key), Memory)
            if memory.explained is not None:
                return judge.stream(memory.explained.question, memory)
            quantity = self.choices.choices.quantity(question.quantity, name, question.target, None)
            return judge.stream(judged.method.ask(model, picture.value, quantity, judged.layer), memory)

        return View(
            question=explained,
            method=judge,
            stream=stream,
            header=header,
            frame=self._frame,
            version=self._version,
        )

    def _frame(self, judgement: Judgement, _: Sequence[Any]) -> Frame:
        """Return what a frame says: the map, the order of erasing, and the curves as far as they are known."""
        values, places = judgement.erasure.map[0], judgement.erasure.planes[0]
        curve = judgement.curve
        content: dict[str, Any] = {
            "shape": list(values.shape),
            "places": list(places.shape),
            "parts": int(judgement.erasure.counts[0]),
            "measured": "" if curve is None else curve.measured,
            "shares": [] if curve is None else curve.shares.tolist(),
            "curve": [] if curve is None else curve.curve.tolist(),
            "other": [] if curve is None else curve.other.tolist(),
            "area": float(curve.value) if curve is not None and curve.final else None,
            "apart": float(curve.abpc) if curve is not None and curve.final else None,
        }
        return content, [values, places]
