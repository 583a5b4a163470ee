"""What an intervener is answered with: what follows from concepts that are told, and which to ask for next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np

from xai_widgets.answers.estimate import Frame
from xai_widgets.answers.progress import Progress
from xai_widgets.answers.refine import refine
from xai_widgets.concepts.intervention.bottleneck import Bottleneck
from xai_widgets.concepts.intervention.intervention import Intervened, Intervening, Intervention
from xai_widgets.concepts.intervention.next_concept import Asking, ConceptWorth
from xai_widgets.session import View
from xai_widgets.widgets.files import Map
from xai_widgets.widgets.intervene_choices import InterveneChoices
from xai_widgets.widgets.intervene_code import intervene_code, intervene_sentence
from xai_widgets.widgets.intervene_state import InterveneState
from xai_widgets.widgets.kept import Outputs
from xai_widgets.widgets.protocol import InterveneHeader
from xai_widgets.widgets.remembered import Remembered
from xai_widgets.widgets.weights import Weights

REMEMBERED = 64
"""So many pictures stay read: what lies behind the layer alone is run when a concept is told."""


@dataclass(frozen=True, eq=False, repr=False)
class Told(Progress):
    """What follows in one model from what is told, and what to ask for next as far as it is known.

    Attributes
    ----------
    found : Intervened
    worth : ConceptWorth or None
        What it is worth to be told each group; None while it is not known, and where it cannot be.
    evaluations, planned, change, final, state
        See `Progress`.
    """

    found: Intervened
    worth: ConceptWorth | None = None

    @property
    def nbytes(self) -> int:
        """About how much memory it takes to keep."""
        return self.found.nbytes + (0 if self.worth is None else self.worth.nbytes)


class Intervenings:
    """What a state of an intervener asks for.

    Parameters
    ----------
    choices : InterveneChoices
    """

    def __init__(self, choices: InterveneChoices) -> None:
        self.choices = choices
        self.weights = Weights(choices.models)
        self._read = Remembered[Bottleneck](REMEMBERED)
        self.weights.tell(self._read.forget)

    def code(self, state: InterveneState) -> str:
        """Return the Python that asks the same."""
        return intervene_code(self.choices, state)

    def sentence(self, state: InterveneState) -> str:
        """Return what is on the screen in a sentence."""
        return intervene_sentence(self.choices, state)

    def maps(self, state: InterveneState, answers: Sequence[Told]) -> list[Map]:
        """Return what the models say of the classes, by themselves and now."""
        return [
            Map(name, "classes by itself and told", np.stack([one.found.scores_before, one.found.scores]))
            for name, one in zip(self.choices.models, answers, strict=True)
        ]

    def outputs(self, state: InterveneState) -> Outputs:
        """Return nothing: what the models say of a picture is on the screen."""
        return {}

    asked_outputs = outputs

    def views(self, state: InterveneState) -> tuple[list[View], Sequence[int]]:
        """Return a view for each model; all of them come first."""
        written = cache(partial(self.code, state))
        views = [
            View(
                question=(name, state.index, state.told),
                method=state.asking,
                stream=partial(self._stream, state, name),
                header=partial(_header, state, written),
                frame=partial(self._frame, name),
                version=partial(self.weights.look, name),
            )
            for name in self.choices.models
        ]
        return views, range(len(views))

    def _stream(self, state: InterveneState, name: str, _: Any) -> Iterator[Told | None]:
        """Answer, which takes one pass behind the layer, and then find what to ask for next."""
        model, layer = self.choices.models[name], self.choices.layer
        told: dict[str | int, Any] = dict(self.choices.values(state, name).items())
        x = state.source.input(name, state.index).value
        bottleneck = self._read.of((name, state.index), lambda: Bottleneck(model, x, layer))
        asks = self.choices.refusal(name) == ""
        found: Intervened | None = None
        for found in refine(Intervening(Intervention(layer, told), bottleneck)):
            yield None if found is None else _so_far(found, None, not asks)
        if found is None or not asks:
            return
        for worth in refine(Asking(state.asking, bottleneck, told)):
            yield None if worth is None else _so_far(found, worth, worth.final)

    def _frame(self, name: str, told: Told, _: Sequence[Any]) -> Frame:
        """Return what a frame says."""
        no, yes = self.choices.levels[name]
        found, worth = told.found, told.worth
        content = {
            "worth": [] if worth is None else [float(one) if np.isfinite(one) else None for one in worth.worth],
            "refusal": self.choices.refusal(name),
            "chances": found.model.outputs != "values",
        }
        said = (found.said - no) / (yes - no)
        return content, [part.astype(np.float32) for part in (said, found.probabilities_before, found.probabilities)]


def _header(state: InterveneState, written: Callable[[], str]) -> InterveneHeader:
    return {"state": state.as_dict(), "code": written()}


def _so_far(found: Intervened, worth: ConceptWorth | None, final: bool) -> Told:
    return Told(
        evaluations=found.evaluations + (0 if worth is None else worth.evaluations),
        planned=found.planned + (0 if worth is None else worth.planned),
        change=float("nan"),
        final=final,
        found=found,
        worth=worth,
    )
