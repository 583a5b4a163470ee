"""Why an input is of a class: the relevant units that respond to it, and where each of them looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.quantity import Channel, Logit
from xai_widgets.answers.question import ask
from xai_widgets.attribution.method import Method
from xai_widgets.attribution.propagation.guided import GuidedBackpropagation
from xai_widgets.attribution.result import Attribution
from xai_widgets.concepts.count import checked_count
from xai_widgets.concepts.relevant.descriptors import Descriptors
from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array


class RespondingUnit(NamedTuple):
    """A relevant unit that responds to an input, and its weight times its response."""

    layer: str
    unit: int
    contribution: float


@dataclass(frozen=True, eq=False, repr=False)
class Interpretation(Attribution):
    """Why inputs are of a class; made by `RelevantFeaturesEstimate.explain`.

    Its values are where the units look, each brought to a largest magnitude of one and weighted by what it contributes.
    All other attributes are those of `Attribution`.

    Attributes
    ----------
    units : list of RespondingUnit, or for a batch a list of these
        The units that speak for the class most, (layer, unit, contribution), those that contribute most first.
    apart : array of shape (units, *input shape), or for a batch a list of these
        Where each of them looks.

    Examples
    --------
    >>> found = xai.RelevantFeatures(budget=2)(model, batch, [0, 1, 2, 0, 1, 2])
    >>> why = found.explain(model, x)
    >>> len(why.units) == len(why.apart), why.units[0].contribution > 0
    (True, True)
    """

    units: list[RespondingUnit] | list[list[RespondingUnit]] = field(kw_only=True)
    apart: Array | list[Array] = field(kw_only=True)


def interpreted(
    features: Sequence[tuple[str, int]],
    weights: Array,
    model: Model,
    x: ArrayLike,
    target: int | str | None,
    count: int,
    method: Method | None,
) -> Interpretation:
    """Return why inputs are of a class, see `RelevantFeaturesEstimate.explain`."""
    count = checked_count(count)
    if method is not None and not isinstance(method, Method):
        raise InputTypeError(f"method is {shown(method)}; expected a method such as GuidedBackpropagation().")
    used = method or GuidedBackpropagation()
    question = ask(model, x, Logit(target))
    batch = question.batch
    if model.output_count != weights.shape[1]:
        raise InputError(
            f"The network has {model.output_count} outputs; expected {weights.shape[1]}, as it was found in."
        )
    descriptors = Descriptors(model, batch, list(dict.fromkeys(layer for layer, _ in features)))
    if descriptors.features != list(features):
        raise InputError(
            "The layers of the network have other units than those that were found; expected the same ones."
        )
    evaluations = sum(descriptors.read())
    answers = model.scores(batch).argmax(axis=1)
    classes = answers if target is None else np.full(len(batch), model.target(target))
    said = descriptors.rows * weights[:, classes].T
    best = np.argsort(-said, axis=1, kind="stable")[:, :count]
    looks: list[list[Array]] = [[] for _ in batch]
    units: list[list[RespondingUnit]] = [[] for _ in batch]
    for rank in range(best.shape[1]):
        for place in np.unique(best[:, rank]):
            layer, unit = features[int(place)]
            rows = np.flatnonzero((best[:, rank] == place) & (said[:, place] > 0))
            if not len(rows):
                continue
            found = used(model, batch[rows], Channel(layer, unit))
            evaluations += found.evaluations
            for row, look in zip(rows.tolist(), found.values, strict=True):
                units[row].append(RespondingUnit(layer, unit, float(said[row, place])))
                looks[row].append(look)
    apart = [np.reshape(each, (len(each), *batch.shape[1:])) for each in looks]
    values = np.zeros(batch.shape, np.float32)
    for row, (each, own) in enumerate(zip(apart, units, strict=True)):
        for look, unit_said in zip(each, own, strict=True):
            values[row] += unit_said.contribution * look / max(float(np.abs(look).max()), np.finfo(np.float32).tiny)
    first = 0 if question.single else slice(None)
    nan = question.per_input(np.full(len(batch), np.nan))
    return Interpretation(
        values[first],
        question,
        used,
        question.score,
        nan,
        nan,
        units=units[first],
        apart=apart[first],
        evaluations=evaluations,
        planned=evaluations,
    )
