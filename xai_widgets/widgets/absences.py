"""What leaving columns out is answered with: their Shapley values in three ways, and the rows these are taken over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from xai_widgets.answers.estimate import Frame
from xai_widgets.answers.progress import Progress
from xai_widgets.answers.quantity import default_quantity
from xai_widgets.attribution.method import Method
from xai_widgets.attribution.result import Attribution
from xai_widgets.attribution.surrogates.linear import KernelShap
from xai_widgets.attribution.surrogates.shapley import ExactShapley
from xai_widgets.models.objective import Array
from xai_widgets.session import View
from xai_widgets.widgets.files import Map
from xai_widgets.widgets.kept import Outputs
from xai_widgets.widgets.protocol import WithholdHeader
from xai_widgets.widgets.weights import Weights
from xai_widgets.widgets.without_choices import WithoutChoices
from xai_widgets.widgets.without_code import without_code, without_sentence
from xai_widgets.widgets.without_state import WithoutState

WAYS = ("baseline", "marginal", "conditional")
MOST_ENUMERATED = 8
"""Of so many columns all coalitions are gone through; of more they are sampled."""
MOST_SHOWN = 200
"""So many rows are drawn as dots."""


@dataclass(frozen=True, eq=False, repr=False)
class Absent(Progress):
    """Shapley values in three ways; made by `Absences`.

    Attributes
    ----------
    found : tuple of Attribution
        By baseline, by marginal and by conditional expectation.
    rows : array of shape (rows, columns)
        The background as it is now.
    """

    found: tuple[Attribution, ...]
    rows: Array

    @property
    def nbytes(self) -> int:
        """About how much memory it takes to keep."""
        return self.rows.nbytes


class Absences:
    """What a state asks for.

    Parameters
    ----------
    choices : WithoutChoices
    """

    def __init__(self, choices: WithoutChoices) -> None:
        self.choices = choices
        self.weights = Weights(choices.models)

    def code(self, state: WithoutState) -> str:
        """Return the Python that asks the same."""
        return without_code(self.choices, state, self.methods(state)[0])

    def sentence(self, state: WithoutState) -> str:
        """Return what is on the screen in a sentence."""
        return without_sentence(self.choices, state)

    def maps(self, state: WithoutState, answers: Sequence[Absent]) -> list[Map]:
        """Return the values of all columns in each way."""
        (answer,) = answers
        names = self.choices.columns
        return [Map(state.network, way, one.values, names) for way, one in zip(WAYS, answer.found, strict=True)]

    def outputs(self, state: WithoutState) -> Outputs:
        """Return nothing: the answer is asked for with the values."""
        return {}

    asked_outputs = outputs

    def methods(self, state: WithoutState) -> list[Method]:
        """Return the three ways as methods."""
        rows, few = self.choices.moved(state), len(self.choices.columns) <= MOST_ENUMERATED
        kind: type[ExactShapley | KernelShap] = ExactShapley if few else KernelShap
        about: dict[str, Any] = {"background": rows, **state.options}
        return [kind(baseline=rows.mean(axis=0)), *(kind(without=way, **about) for way in WAYS[1:])]

    def views(self, state: WithoutState) -> tuple[list[View], Sequence[int]]:
        """Return one view."""
        asked = (state.network, state.index, state.target, state.first, state.second, state.correlation)
        view = View(
            question=asked,
            method=state.ways,
            stream=lambda _: self._stream(state),
            header=partial(self._header, state),
            frame=partial(_frame, (state.first, state.second)),
            version=partial(self.weights.look, state.network),
        )
        return [view], range(1)

    def _stream(self, state: WithoutState) -> Iterator[Absent | None]:
        """Refine all three by turns, so that they can be compared from the start."""
        model, x = self.choices.models[state.network], self._row(state)
        quantity, rows = default_quantity(model, state.target), self.choices.moved(state)
        streams = [method.steps_of(model, x, quantity) for method in self.methods(state)]
        newest: list[Attribution | None] = [None] * len(streams)
        while True:
            for place, stream in enumerate(streams):
                last = newest[place]
                if last is None or not last.final:
                    newest[place] = next(stream) or last
                    if any(one is None for one in newest):
                        yield None
            found = [one for one in newest if one is not None]
            if len(found) < len(streams):
                continue
            final = all(one.final for one in found)
            yield Absent(
                evaluations=sum(one.evaluations for one in found),
                planned=sum(one.planned for one in found),
                change=float(np.max([one.change for one in found])),
                final=final,
                found=tuple(found),
                rows=rows,
            )
            if final:
                return

    def _row(self, state: WithoutState) -> Array:
        row: Array = self.choices.source.input(state.network, state.index).value
        return row

    def _header(self, state: WithoutState) -> WithholdHeader:
        model = self.choices.models[state.network]
        pair = self.choices.moved(state)[:, [state.first, state.second]]
        chosen = state.target
        if chosen is None:
            chosen = int(np.argmax(model.scores(self._row(state))))
        return {
            "state": state.as_dict(),
            "code": self.code(state),
            "explained": model.class_name(chosen),
            "row": [float(value) for value in self._row(state)],
            "middle": (float(pair.mean(axis=0)[0]), float(pair.mean(axis=0)[1])),
            "spread": (float(pair.std(axis=0)[0]), float(pair.std(axis=0)[1])),
        }


def _frame(columns: tuple[int, int], answer: Absent, _: Sequence[Any]) -> Frame:
    """Return what a frame says: values with their errors, what they count from, and the rows as dots."""
    errors = [one.standard_error for one in answer.found]
    content = {
        "values": [one.values.tolist() for one in answer.found],
        "errors": [[] if error is None else np.nan_to_num(error).tolist() for error in errors],
        "score": float(answer.found[0].score),
    }
    return content, [answer.rows[:MOST_SHOWN, list(columns)].astype(np.float32)]
