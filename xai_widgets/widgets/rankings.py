"""What a ranker is answered with: a table of methods by metrics, and the map of the picture that is open."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import numpy as np

from xai_widgets.answers.estimate import Frame
from xai_widgets.answers.progress import Progress
from xai_widgets.attribution.method import Method
from xai_widgets.evaluation.benchmark import tables
from xai_widgets.evaluation.jury import Cell, Jury, Verdict, told_apart
from xai_widgets.evaluation.metric import Metric
from xai_widgets.evaluation.table import Benchmark
from xai_widgets.models.objective import Array
from xai_widgets.option import Optioned
from xai_widgets.session import View
from xai_widgets.widgets.files import Map
from xai_widgets.widgets.kept import Outputs
from xai_widgets.widgets.outline import as_runs
from xai_widgets.widgets.predictions import Predictions
from xai_widgets.widgets.protocol import Ends, RankHeader
from xai_widgets.widgets.rank_choices import RankChoices
from xai_widgets.widgets.rank_code import rank_code, rank_sentence
from xai_widgets.widgets.rank_state import RankState
from xai_widgets.widgets.remembered import Remembered
from xai_widgets.widgets.weights import Weights
from xai_widgets.widgets.words import in_words

REMEMBERED = 24
"""So many methods are kept with what metrics say of them at all pictures."""

JURIES = 4
"""So many lists of methods and metrics are kept as what asks them."""


@dataclass(frozen=True, eq=False)
class FromCell(Optioned):
    """How a table is filled in, beginning at the cell that is open.

    Parameters
    ----------
    methods, layers, metrics : tuple
        The rows, without the controls, where each of them attributes to, and the columns.
    first : (int, int)
        The picture and the row that are open.
    """

    methods: tuple[Method, ...]
    layers: tuple[str | None, ...]
    metrics: tuple[Metric, ...]
    first: Cell


@dataclass(frozen=True, eq=False, repr=False)
class Ranked(Progress):
    """A table, and the map that is open; None while that is not there yet.

    Attributes
    ----------
    table : Benchmark
    map : array or None
    evaluations, planned, change, final, state
        How far the table has come.
    """

    table: Benchmark
    map: Array | None

    @property
    def nbytes(self) -> int:
        """About how much memory it takes to keep."""
        return self.table.each.nbytes + (0 if self.map is None else self.map.nbytes)


class Known(MutableMapping[Cell, Verdict]):
    """What is known of a table, kept by rows: a row comes back as it was when its method does.

    Parameters
    ----------
    rows : list of dict of int to Verdict
        For each row what is known, by the number of the picture.
    """

    def __init__(self, rows: list[dict[int, Verdict]]) -> None:
        self.rows = rows

    def __getitem__(self, cell: Cell) -> Verdict:
        picture, row = cell
        return self.rows[row][picture]

    def __setitem__(self, cell: Cell, verdict: Verdict) -> None:
        picture, row = cell
        self.rows[row][picture] = verdict

    def __delitem__(self, cell: Cell) -> None:
        picture, row = cell
        del self.rows[row][picture]

    def __iter__(self) -> Iterator[Cell]:
        return ((picture, row) for row, known in enumerate(self.rows) for picture in list(known))

    def __len__(self) -> int:
        return sum(map(len, self.rows))


class Rankings:
    """Tables that a state asks for.

    Parameters
    ----------
    choices : RankChoices
    """

    def __init__(self, choices: RankChoices) -> None:
        self.choices = choices
        self.model = choices.models[choices.name]
        self.weights = Weights(choices.models)
        self.predictions = Predictions(choices.choices)
        self._rows = Remembered[dict[int, Verdict]](REMEMBERED)
        self._juries = Remembered[Jury](JURIES)
        for forget in (self.predictions.forget, self._rows.forget, self._juries.forget):
            self.weights.tell(forget)
        self._version = partial(self.weights.look, choices.name)

    def code(self, state: RankState) -> str:
        """Return the Python that asks the same."""
        return rank_code(self.choices, state)

    def sentence(self, state: RankState) -> str:
        """Return what is on the screen in a sentence."""
        return rank_sentence(self.choices, state)

    def titles(self, state: RankState) -> list[str]:
        """Return what stands before the rows."""
        return [*state.question.titles, *(control.label for control in self.choices.controls)]

    def ends(self, state: RankState) -> Ends:
        """Return what the ends of the colour scale of the map that is open mean."""
        rows: list[tuple[Method, str | None]] = [(cell.method, cell.layer) for cell in state.question.grid]
        rows += [(control, None) for control in self.choices.controls]
        return state.source.ends(*rows[state.row], self.choices.name)

    def maps(self, state: RankState, answers: Sequence[Ranked]) -> list[Map]:
        """Return the map that is open."""
        title = self.titles(state)[state.row]
        return [Map(self.choices.name, title, found.map) for found in answers if found.map is not None]

    def outputs(self, state: RankState) -> Outputs:
        """Return nothing: a table is of many pictures."""
        return {}

    asked_outputs = outputs

    def views(self, state: RankState) -> tuple[list[View], Sequence[int]]:
        """Return one view: the table."""
        question, name = state.question, self.choices.name
        pictures = tuple(state.source.input(name, index).key for index in range(self.choices.count))
        asked = (pictures, question.quantity, question.target)
        methods = tuple(cell.method for cell in question.grid)
        filling = FromCell(
            methods, tuple(cell.layer for cell in question.grid), state.metrics, (state.index, state.row)
        )

        def stream(_: Any) -> Iterator[Ranked | None]:
            # Here, where the worker calls it: what is remembered may have been forgotten since the view was made.
            measured = tuple(metric.key for metric in state.metrics)
            rows = tuple((cell.method.key, cell.layer) for cell in question.grid)
            jury = self._juries.of((asked, rows, measured), partial(self._jury, state))
            rows += tuple((control.key, None) for control in self.choices.controls)
            known = Known([self._rows.of((asked, measured, row), dict) for row in rows])
            for table in tables(jury, known, filling.first):
                yield None if table is None else _ranked(table, known.get(filling.first))

        view = View(
            question=asked,
            method=filling,
            stream=stream,
            header=partial(self._header, state),
            frame=_frame,
            version=self._version,
        )
        return [view], range(1)

    def _jury(self, state: RankState) -> Jury:
        question, name = state.question, self.choices.name
        x = np.stack([state.source.input(name, index).value for index in range(self.choices.count)])
        return Jury(
            self.model,
            x,
            methods=[(cell.method, cell.layer) for cell in question.grid],
            metrics=state.metrics,
            masks=np.array(self.choices.masks) if self.choices.masks else None,
            quantity=self.choices.choices.quantity(question.quantity, name, question.target, None),
            keeps_maps=True,
        )

    def _header(self, state: RankState) -> RankHeader:
        question, name = state.question, self.choices.name
        top = self.predictions.top(name, question)[0]["index"]
        return {
            "state": state.as_dict(),
            "code": self.code(state),
            "titles": self.titles(state),
            "controls": [control.name for control in self.choices.controls],
            "labels": told_apart(state.metrics),
            "better": [metric.better for metric in state.metrics],
            "quantity": in_words(self.choices.choices, question, top),
            "ends": self.ends(state),
            "outline": as_runs(self.choices.masks[state.index]) if self.choices.masks else None,
        }


def _ranked(table: Benchmark, opened: Verdict | None) -> Ranked:
    """Return a table with the map that is open, which counts as finished when that is there, too."""
    progress = {field.name: getattr(table, field.name) for field in fields(Progress)}
    return Ranked(**progress, table=table, map=None if opened is None else opened.map)


def _frame(ranked: Ranked, _: Sequence[Any]) -> Frame:
    """Return what a frame says of a table."""
    table = ranked.table
    neighbours = np.diag(table.coherence, 1)
    values = np.zeros(0, np.float32) if ranked.map is None else ranked.map
    content = {
        "shape": list(values.shape),
        "values": _known(table.values),
        "errors": _known(table.standard_errors),
        "ranks": _known(table.ranks),
        "coherence": _known(neighbours),
        "inputs": table.inputs,
        "each": _known(table.each),
    }
    return content, [values]


def _known(values: Array) -> Any:
    """Return numbers as JSON, which has none that is unknown."""
    found = values.astype(object)
    found[~np.isfinite(values)] = None
    return found.tolist()
