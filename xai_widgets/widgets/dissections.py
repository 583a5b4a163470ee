"""What a dissector is answered with: how units fit concepts, the pictures of one, and what is left without some."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from xai_widgets.answers.estimate import Frame
from xai_widgets.answers.progress import Progress
from xai_widgets.answers.refine import refine
from xai_widgets.concepts.dissection.boolean import Expression
from xai_widgets.concepts.dissection.network_dissection import Dissecting, Dissection
from xai_widgets.concepts.units import Units
from xai_widgets.models.objective import Array
from xai_widgets.option import Optioned
from xai_widgets.session import View
from xai_widgets.widgets.dissect_choices import MOST_SHOWN, DissectChoices
from xai_widgets.widgets.dissect_code import dissect_code, dissect_sentence
from xai_widgets.widgets.dissect_state import DissectState, Formula
from xai_widgets.widgets.files import Map
from xai_widgets.widgets.kept import Outputs
from xai_widgets.widgets.protocol import AccuracyRow, DissectHeader, FormulaRow
from xai_widgets.widgets.remembered import Remembered
from xai_widgets.widgets.weights import Weights

REMEMBERED = 6
"""So many layers and quantiles are kept with what was counted of them."""

LEAVES = 3
"""So many concepts the formula may have that is offered: that many a listener can keep in mind."""

AT_ONCE = 32
"""So many pictures are asked between two looks at what somebody wants next."""


@dataclass(frozen=True, eq=False)
class Looked(Optioned):
    """How somebody looks at a unit: what tells one answer from the others, without the concepts, which stay the same.

    Parameters
    ----------
    values : tuple of (str, value)
        The options of the comparison.
    """

    values: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, eq=False, repr=False)
class Dissected(Progress):
    """How units fit concepts, and what the network answers with some of them taken out.

    Attributes
    ----------
    dissection : Dissection
    unit : int
        The one in view.
    right : array of bool or float of shape (2, pictures)
        Whether each answer is right with all units, and without those that are out; nan while it is not known.
    evaluations, planned, change, final, state
        See `Progress`.
    """

    dissection: Dissection
    unit: int
    right: Array

    @property
    def nbytes(self) -> int:
        """About how much memory it takes to keep: what was counted is shared by all units."""
        return int(self.right.nbytes)


class Dissections:
    """What a state of a dissector asks for.

    Parameters
    ----------
    choices : DissectChoices
    """

    def __init__(self, choices: DissectChoices) -> None:
        self.choices, self.model, self.batch = choices, choices.model, choices.batch
        self.weights = Weights(choices.models)
        self._known = Remembered[list[Dissection]](REMEMBERED)
        self._answers = Remembered[Array](REMEMBERED)
        for forget in (self._known.forget, self._answers.forget):
            self.weights.tell(forget)
        self._version = partial(self.weights.look, choices.name)

    def code(self, state: DissectState) -> str:
        """Return the Python that asks the same."""
        return dissect_code(self.choices, state)

    def sentence(self, state: DissectState) -> str:
        """Return what is on the screen in a sentence."""
        return dissect_sentence(self.choices, state)

    def maps(self, state: DissectState, answers: Sequence[Dissected]) -> list[Map]:
        """Return by how much the unit exceeds its threshold in the picture that is large."""
        return [
            Map(self.choices.name, f"unit {found.unit}", excess(found.dissection, found.unit, [top])[0])
            for found in answers
            for top in shown(found)[state.index : state.index + 1]
        ]

    def outputs(self, state: DissectState) -> Outputs:
        """Return nothing: units are compared over many pictures."""
        return {}

    asked_outputs = outputs

    def views(self, state: DissectState) -> tuple[list[View], Sequence[int]]:
        """Return one view."""
        view = View(
            question=(state.layer, state.unit, state.without),
            method=Looked(tuple(state.options.items())),
            stream=lambda _: self._stream(state),
            header=partial(self._header, state),
            frame=self._frame,
            version=self._version,
        )
        return [view], range(1)

    def _stream(self, state: DissectState) -> Iterator[Dissected | None]:
        """Count units first, which shows what they are like, and then ask the network without some of them."""
        # Here, where the worker calls it: what is remembered may have been forgotten since the view was made.
        known = self._known.of((state.layer, *state.options.items()), list)
        nothing = np.full((2, len(self.batch)), np.nan)
        if not known:
            for counted in refine(Dissecting(state.dissection, self.model, self.batch, state.layer)):
                if counted is None or not counted.final:
                    yield None if counted is None else _found(counted, state, nothing, False)
                else:
                    known.append(counted)
        if not self.choices.has_answers:
            yield _found(known[0], state, nothing, True)
            return
        for right in self._asked(state):
            yield _found(known[0], state, right, bool(np.isfinite(right).all()))

    def _asked(self, state: DissectState) -> Iterator[Array]:
        """Yield whether answers are right with all units and without some, for ever more pictures."""
        whole = self._answers.of((), lambda: np.full(len(self.batch), -1))
        reduced = self._answers.of((state.layer, state.without), lambda: np.full(len(self.batch), -1))
        other = self.model.with_ablation(state.layer, list(state.without)) if state.without else self.model
        while True:
            for answers, model in ((whole, self.model), (reduced, other)):
                left = np.flatnonzero(answers < 0)[:AT_ONCE]
                if len(left):
                    answers[left] = model.scores(self.batch[left]).argmax(axis=1)
            expected = whole if self.choices.labels is None else self.choices.labels
            right = np.stack([np.where(answers < 0, np.nan, answers == expected) for answers in (whole, reduced)])
            yield right
            if np.isfinite(right).all():
                return

    def _header(self, state: DissectState) -> DissectHeader:
        return {
            "state": state.as_dict(),
            "code": self.code(state),
            "units": self.model.at(state.layer).layout.channels,
        }

    def _frame(self, found: Dissected, _: Sequence[Any]) -> Frame:
        """Return what a frame says: the unit's pictures, and all that formulas are counted from."""
        dissection, unit = found.dissection, found.unit
        top = shown(found)
        maps = excess(dissection, unit, top)
        other = dissection.untrained
        before = [None] * len(dissection.concepts) if other is None else counts(other)
        # All formulas are found once for the concepts, and compared in a moment; not while pictures still come.
        complete = len(dissection.hits) == len(self.batch)
        best = dissection.formula(unit, LEAVES) if complete else None
        content = {
            "shape": list(maps.shape),
            "unit": unit,
            "top": top,
            "regions": [as_regions(dissection.atoms.where[row]) for row in top],
            "threshold": float(dissection.thresholds[unit]),
            "atoms": [np.flatnonzero(held).tolist() for held in dissection.atoms.held],
            "pixels": dissection.total_pixels.astype(int).tolist(),
            "hits": dissection.total_hits[unit].astype(int).tolist(),
            "rows": [
                {"concept": int(concept), "iou": float(row[concept])}
                for concept, row in zip(dissection.best, dissection.iou, strict=True)
            ],
            "concepts": [
                {"trained": trained, "untrained": untrained}
                for trained, untrained in zip(counts(dissection), before, strict=True)
            ],
            "mean": dissection.value,
            "untrained": None if other is None else other.value,
            "best": None if best is None else FormulaRow(formula=steps_of(best.expression), iou=best.iou),
            "optimum": dissection.optimum(unit),
            "inputs": len(dissection.hits),
            "accuracy": self._accuracies(found.right),
        }
        return content, [maps]

    def _accuracies(self, right: Array) -> list[AccuracyRow]:
        """Return the accuracy on each class as far as it is known, of all together where none is known to be right.

        Of a network that does not answer with a class there is none.
        """
        labels = self.choices.labels
        if not self.choices.has_answers:
            return []
        if labels is None:
            groups = [("all pictures", np.ones(right.shape[1], bool))]
        else:
            groups = [(self.model.class_name(int(one)), labels == one) for one in np.unique(labels)]
        return [
            {
                "name": name,
                "count": int(belongs.sum()),
                "before": _mean(right[0, belongs]),
                "after": _mean(right[1, belongs]),
            }
            for name, belongs in groups
        ]


def shown(found: Dissected) -> list[int]:
    """Return the pictures at which the unit says most."""
    top: list[int] = found.dissection.strongest(found.unit, MOST_SHOWN).tolist()
    return top


def excess(dissection: Dissection, unit: int, rows: Sequence[int]) -> Array:
    """Return by how much a unit exceeds its threshold in some pictures, (pictures, *places of the layer)."""
    units: Units = dissection.source.units
    values = np.concatenate([units.read(row, row + 1)[:, unit : unit + 1] for row in rows])
    planes: Array = units.layout.on_grid(values - dissection.thresholds[unit].astype(values.dtype))[:, 0]
    return planes.astype(np.float32)


def counts(dissection: Dissection) -> list[int]:
    """Return of how many units each concept is the best."""
    return [dissection.histogram[name] for name in dissection.concepts]


def as_regions(atoms: Array) -> list[int]:
    """Return the atoms of places in reading order: a number, how many places in a row have it, the next number."""
    starts = np.flatnonzero(np.diff(atoms, prepend=-1))
    return np.stack([atoms[starts], np.diff(starts, append=len(atoms))], axis=1).ravel().tolist()


def steps_of(expression: Expression) -> Formula:
    """Return a formula of at most three concepts as one builds it: each with what joins it to those before it."""
    if expression.leaves == 1:
        return (("not" if expression.kind == "not" else "", str(expression.parts[0])),)
    # What is true comes first, as it is said; of two parts the longer one.
    first, second = sorted(expression.parts, key=lambda part: (-part.leaves, part.kind == "not"))
    join = f"{expression.kind} not" if second.kind == "not" else expression.kind
    return (*steps_of(first), (join, str(second.parts[0])))


def _found(counted: Dissection, state: DissectState, right: Array, final: bool) -> Dissected:
    unit = int(counted.iou.max(axis=1).argmax()) if state.unit is None else state.unit
    return Dissected(
        evaluations=counted.evaluations,
        planned=counted.planned,
        change=counted.change,
        final=final,
        dissection=counted,
        unit=unit,
        right=right,
    )


def _mean(right: Array) -> float | None:
    return None if np.isnan(right).all() else float(np.nanmean(right))
