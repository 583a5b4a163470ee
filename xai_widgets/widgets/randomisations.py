"""What a randomiser is answered with: the map of each method at one depth, and how alike it is to the trained one's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Any

import numpy as np

from xai_widgets.answers.estimate import Frame
from xai_widgets.evaluation.descent import Descended, Descent, Memory
from xai_widgets.evaluation.randomisation import MEASURES
from xai_widgets.session import View
from xai_widgets.widgets.explanations import Explanations
from xai_widgets.widgets.files import Map
from xai_widgets.widgets.kept import Outputs
from xai_widgets.widgets.predictions import prediction
from xai_widgets.widgets.protocol import Likeness, Prediction, RandomiseHeader
from xai_widgets.widgets.randomise_choices import RandomiseChoices
from xai_widgets.widgets.randomise_code import randomise_code, randomise_sentence
from xai_widgets.widgets.randomise_state import RandomiseState
from xai_widgets.widgets.remembered import Remembered
from xai_widgets.widgets.state import State

REMEMBERED = 32
"""So many questions and methods are remembered, each with a map for every depth."""


class Randomisations:
    """Explanations of a network some of whose layers are reset, by each method.

    Parameters
    ----------
    choices : RandomiseChoices
    """

    def __init__(self, choices: RandomiseChoices) -> None:
        self.choices = choices
        self.explanations = Explanations(choices.choices)
        ((self.name, self.model),) = choices.models.items()
        self._memories = Remembered[Memory](REMEMBERED)
        self._look = partial(self.explanations.weights.look, self.name)
        for forget in (choices.copies.forget, self._memories.forget):
            self.explanations.weights.tell(forget)

    def code(self, state: RandomiseState) -> str:
        """Return the Python that asks the same."""
        return randomise_code(self.choices, state)

    def sentence(self, state: RandomiseState) -> str:
        """Return what is on the screen in a sentence."""
        return randomise_sentence(self.choices, state)

    def maps(self, state: RandomiseState, answers: Sequence[Descended]) -> list[Map]:
        """Return the maps of final answers."""
        return [Map(self.name, title, found.map) for title, found in zip(state.titles, answers, strict=True)]

    def outputs(self, state: RandomiseState) -> Outputs:
        """Return what the trained network says of the picture in view, as far as it was asked."""
        return self.explanations.outputs(state.question)

    def asked_outputs(self, state: RandomiseState) -> Outputs:
        """Return the same, and ask it."""
        return self.explanations.asked_outputs(state.question)

    def views(self, state: RandomiseState) -> tuple[list[View], Sequence[int]]:
        """Return a view for each method; all of them come first."""
        written = cache(partial(self.code, state))
        rows = zip(state.question.singles, state.titles, state.descents, strict=True)
        views = [self._view(state, single, title, descent, written) for single, title, descent in rows]
        return views, range(len(views))

    def said(self, found: Descended) -> Prediction:
        """Return what the network answers at the depth in view."""
        top = int(found.shares.argmax())
        return prediction(top, self.choices.named.class_name(top), found.shares[top], self.model.outputs)

    def _view(
        self, state: RandomiseState, single: State, title: str, descent: Descent, written: Callable[[], str]
    ) -> View:
        picture = single.input(self.name)
        asked = (picture.key, single.target, single.cell.layer)

        def header() -> RandomiseHeader:
            said = self.explanations.header(single, self.name, written())
            return {
                "state": state.as_dict(),
                "code": said["code"],
                "title": title,
                "quantity": said["quantity"],
                "ends": said["ends"],
                "explained": said["explained"],
            }

        def stream(_: Any) -> Iterator[Descended | None]:
            # Here, where the worker calls it: what is remembered may have been forgotten since the view was made.
            quantity = self.explanations.quantity(single, self.name)
            question = descent.explainer.ask(self.model, picture.value, quantity, single.cell.layer)
            memory = self._memories.of((asked, descent.explainer.key), Memory)
            return descent.stream(question, memory, self.choices.copies)

        return View(
            question=asked,
            method=descent,
            stream=stream,
            header=header,
            frame=self._frame,
            version=self._look,
        )

    def _frame(self, found: Descended, _: Sequence[Any]) -> Frame:
        """Return what a frame says: the map, and how alike maps are at all depths."""
        content = {"shape": list(found.map.shape), "says": self.said(found), "likeness": likeness(found)}
        return content, [found.map, found.trained.map]


def likeness(found: Descended) -> dict[str, Likeness]:
    """Return how alike the maps of one picture are at all depths, by measure; nothing while nothing is known."""
    measured = found.measured
    if measured is None:
        return {}
    nothing = np.array([row[:, 0] for row in measured.nulls.values()]).reshape(-1, len(MEASURES))
    return {
        name: {
            "means": measured.similarities[place, :, 0].tolist(),
            "errors": measured.similarity_errors[place, :, 0].tolist(),
            "nothing": nothing[:, place].tolist(),
        }
        for place, name in enumerate(MEASURES)
    }
