"""What there is to choose from of a ranker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.registry import REGISTRY
from xai_widgets.attribution.method import Method
from xai_widgets.errors import InputError, InputTypeError, shown, unknown_name
from xai_widgets.evaluation.controls import CentreBlob, RandomMap, TrueMask
from xai_widgets.evaluation.localisation import Localisation
from xai_widgets.evaluation.metric import Metric
from xai_widgets.widgets.choices import Choices, mapping
from xai_widgets.widgets.masks import checked_masks
from xai_widgets.widgets.numbers import checked_number
from xai_widgets.widgets.over_methods import OverMethods
from xai_widgets.widgets.protocol import RANKING_TRAITS
from xai_widgets.widgets.rank_state import RankState

FIRST_METHODS = 3
"""So many are judged where nobody chose them."""

FIRST_METRICS: dict[str, dict[str, Any]] = {
    "deletion": {"steps": 16},
    "insertion": {"steps": 16},
    "infidelity": {"samples": 128},
    "localisation": {},
}
"""What they are judged by where nobody chose it, quick enough to watch; the last one where there are masks."""

MOST_METHODS = 5
"""More lines could not be told apart."""

MOST_METRICS = 5
"""More columns would be too narrow to read."""


class RankChoices(OverMethods):
    """What there is to choose from, and what follows from a choice.

    Parameters
    ----------
    choices : Choices
        Of pictures and methods of explanation.
    masks : array of bool of shape (pictures, H, W), optional
        Where what matters is.

    Raises
    ------
    ValueError, TypeError
        If there are several models, one picture, something that is no picture, or masks that do not fit.
    """

    traits = RANKING_TRAITS
    most = MOST_METHODS

    def __init__(self, choices: Choices, masks: ArrayLike | None) -> None:
        super().__init__(choices)
        self.name = self.only_model()
        if choices.source.seen(0) is None:
            raise InputError(
                "rank() shows pictures, but the model takes none; use benchmark(model, x, methods=..., metrics=...), "
                "which judges explanations of any inputs."
            )
        self.count = len(choices.source)
        if self.count < 2:
            raise InputError("Found one picture; expected several: what holds for one may hold for no other.")
        self.masks = [mask for mask in checked_masks(masks, choices.source) if mask is not None]
        if self.masks and len(self.masks) < self.count:
            raise InputError(f"Found masks for {len(self.masks)} of {self.count} pictures; expected one for each.")
        localises = bool(self.masks)
        known = REGISTRY["evaluation"].items()
        self.metrics = {name: metric for name, metric in known if localises or metric is not Localisation}
        """The metrics that there can be, by name."""

    @property
    def controls(self) -> list[Method]:
        """What methods are compared with: maps that know nothing, and where it is known the true mask."""
        blind: list[Method] = [RandomMap(), CentreBlob()]
        return [*blind, TrueMask(masks=np.array(self.masks))] if self.masks else blind

    def first(self) -> RankState:
        """Return the state to start from: some methods, each of a family of its own, and some metrics."""
        question = self.several(FIRST_METHODS)
        metrics = tuple(self._made(name, given) for name, given in FIRST_METRICS.items() if name in self.metrics)
        return RankState(question, metrics, 0, 0)

    def changed(self, state: RankState, changes: Mapping[str, Any]) -> RankState:
        """Return `state` with some fields changed, checked as a whole; a row that is a method brings its settings.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose.
        """
        question, own = self.asked(state, changes)
        metrics = self._metrics(state, own["metrics"]) if "metrics" in own else state.metrics
        row, column = state.row, min(state.column, len(metrics) - 1)
        if question.focus != state.question.focus or question.grid != state.question.grid:
            row = question.focus
        if "row" in own:
            row = checked_number(own["row"], len(question.grid) + len(self.controls), "row")
        if "column" in own:
            column = checked_number(own["column"], len(metrics), "column")
        if row < len(question.grid) and row != question.focus:
            question = self.choices.changed(question, {"focus": row})
        return replace(state, question=question, metrics=metrics, row=row, column=column)

    def catalogue(self) -> dict[str, Any]:
        """Return what the front end needs beside what it needs for explanations."""
        described = self.choices.source.described
        entries = [
            {
                "name": metric.name,
                "label": metric.label,
                "sentence": metric.sentence,
                "reference": metric.reference,
                "better": metric.better,
                "options": [described(option) for option in metric.controls() if option.shown],
            }
            for metric in self.metrics.values()
        ]
        # A picture that is added has no mask, and a table over other pictures is another table.
        return {"metrics": entries, "most_methods": MOST_METHODS, "most_metrics": MOST_METRICS, "adds": None}

    def _metrics(self, state: RankState, given: Any) -> tuple[Metric, ...]:
        """Return the metrics as they were given, those that stay as they are themselves."""
        if not isinstance(given, Sequence) or isinstance(given, str | bytes):
            raise InputTypeError(f"metrics is {shown(given)}; expected a list of them, by name or as examples.")
        if not 1 <= len(given) <= MOST_METRICS:
            raise InputError(f"There are {len(given)} metrics; expected 1 to {MOST_METRICS}.")
        found = [self._metric(one) for one in given]
        known = {metric.key: metric for metric in state.metrics}
        return tuple(known.get(metric.key, metric) for metric in found)

    def _metric(self, given: Any) -> Metric:
        """Return a metric that is given by name, as an example, or as a dict of both."""
        if isinstance(given, Metric):
            self._check_plain(given)
            return self._made(given.name, given.as_controls())
        if isinstance(given, str):
            return self._made(given, {})
        cell = mapping(given)
        for name in cell:
            if name not in ("metric", "options"):
                raise unknown_name("part of a metric", name, ("metric", "options"))
        if not isinstance(cell.get("metric"), str):
            raise InputTypeError(f"A metric of the list is {shown(given)}; expected its name as 'metric'.")
        return self._made(cell["metric"], mapping(cell.get("options", {})))

    def _made(self, name: str, options: Mapping[str, Any]) -> Metric:
        if name not in self.metrics:
            if name == Localisation.name:
                raise InputError("Localisation compares maps with masks, and there are none; give rank() masks=.")
            raise unknown_name("metric", name, self.metrics)
        metric = self.metrics[name]
        known = [option.name for option in metric.controls()]
        for option in options:
            if option not in known:
                raise unknown_name(f"option of {metric.label}", option, known)
        made: Metric = metric(np.array(self.masks), **options) if metric is Localisation else metric(**options)
        return made

    def _check_plain(self, metric: Metric) -> None:
        """Refuse what a screen cannot show, nor a state keep: an array in place of a name, other masks than its own."""
        if isinstance(metric, Localisation) and not np.array_equal(metric.mask, self.masks) and self.masks:
            raise InputError("Localisation has other masks than rank(); expected the same, or 'localisation' alone.")
        for option in metric.controls():
            value = getattr(metric, option.name)
            if not isinstance(value, int | float | str):
                raise InputTypeError(
                    f"{option.name} of {metric.label} is {shown(value)}; expected a number or a name. All else goes to "
                    "benchmark(model, x, methods=..., metrics=...)."
                )
