"""What a decomposer is answered with: a dictionary of a layer, others beside it, what the network says with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy import special

from xai_widgets.answers.estimate import Frame
from xai_widgets.answers.progress import Progress
from xai_widgets.concepts.factors.factors import Rows
from xai_widgets.models.objective import Array
from xai_widgets.session import View
from xai_widgets.widgets.decompose_choices import ALONG, MOST_SHOWN, DecomposeChoices
from xai_widgets.widgets.decompose_code import decompose_code, decompose_sentence
from xai_widgets.widgets.decompose_state import DecomposeState
from xai_widgets.widgets.files import Map
from xai_widgets.widgets.fitted import Fitted
from xai_widgets.widgets.kept import Outputs
from xai_widgets.widgets.ladder import ladder
from xai_widgets.widgets.protocol import AccuracyRow, DecomposeHeader, ShareRow
from xai_widgets.widgets.remembered import Remembered
from xai_widgets.widgets.weights import Weights

LAYERS = 3
"""So many layers are kept with what they say of all pictures."""

CURVES = 6
"""So many curves are kept with the dictionaries along them."""

DECODED = 16
"""So many dictionaries, with features off or on, are kept with what the network says of all pictures."""

CLASSES = 5
"""So many classes of a picture are shown."""

AT_ONCE = 32
"""So many pictures are asked between two looks at what somebody wants next."""


@dataclass(frozen=True, eq=False, repr=False)
class Decomposed(Progress):
    """A dictionary of a layer, and what the network answers with it.

    Attributes
    ----------
    fitted : Fitted
    feature : int
        The one in view.
    known : dict of float to Fitted
        The dictionaries along the curve that are known by now.
    scores : array of shape (2, pictures, classes)
        What the network says as it is, and with the decoded activations; nan while it is not known.
    evaluations, planned, change, final, state
        See `Progress`.
    """

    fitted: Fitted
    feature: int
    known: dict[float, Fitted]
    scores: Array

    @property
    def nbytes(self) -> int:
        """About how much memory it takes to keep: dictionaries are kept with their curve."""
        return int(self.scores.nbytes)


class Decompositions:
    """What a state of a decomposer asks for.

    Parameters
    ----------
    choices : DecomposeChoices
    """

    def __init__(self, choices: DecomposeChoices) -> None:
        self.choices, self.model, self.batch = choices, choices.model, choices.batch
        self.weights = Weights(choices.models)
        self._rows = Remembered[Rows](LAYERS)
        self._curves = Remembered[dict[float, Fitted]](CURVES)
        self._own = Remembered[Array](1)
        self._decoded = Remembered[Array](DECODED)
        for remembered in (self._rows, self._curves, self._own, self._decoded):
            self.weights.tell(remembered.forget)
        self._version = partial(self.weights.look, choices.name)

    def code(self, state: DecomposeState) -> str:
        """Return the Python that asks the same."""
        return decompose_code(self.choices, state)

    def sentence(self, state: DecomposeState) -> str:
        """Return what is on the screen in a sentence."""
        return decompose_sentence(self.choices, state)

    def maps(self, state: DecomposeState, answers: Sequence[Decomposed]) -> list[Map]:
        """Return how much of the feature there is in the picture that is large."""
        return [
            Map(self.choices.name, f"feature {found.feature}", found.fitted.maps(found.feature, [top])[0])
            for found in answers
            for top in found.fitted.top(found.feature, MOST_SHOWN)[state.index : state.index + 1]
        ]

    def outputs(self, state: DecomposeState) -> Outputs:
        """Return nothing: a layer is taken apart over many pictures."""
        return {}

    asked_outputs = outputs

    def views(self, state: DecomposeState) -> tuple[list[View], Sequence[int]]:
        """Return one view."""
        view = View(
            question=(state.layer, state.feature, state.without),
            method=state.factoring,
            stream=lambda _: self._stream(state),
            header=partial(self._header, state),
            frame=self._frame,
            version=self._version,
        )
        return [view], range(1)

    def _stream(self, state: DecomposeState) -> Iterator[Decomposed | None]:
        """Fit the dictionary, ask the network with it, and then fit those along the curve that are not known yet."""
        # Here, where the worker calls it: what is remembered may have been forgotten since the view was made.
        rows = self._rows.of(state.layer, lambda: Rows(self.model, self.batch, state.layer))
        for _ in rows.read():
            yield None
        along, way = ALONG[state.factoring.name], state.factoring
        at = float(state.options[along])
        rest = tuple(item for item in state.options.items() if item[0] != along)
        known = self._curves.of((state.layer, way.name, rest), dict)
        scores = next(self._asked(state))
        if at not in known:
            for factors in way.stream(rows):
                fitted = Fitted(factors, at, self.choices.truth)
                if factors.final:
                    known[at] = fitted
                else:
                    yield self._found(fitted, state, known, scores, False)
        fitted = known[at]
        yield self._found(fitted, state, known, scores, False)
        for scores in self._asked(state, fitted):
            yield self._found(fitted, state, known, scores, False)
        # From where somebody is, outwards.
        for other in sorted((one for one in ladder(way, rows) if one not in known), key=lambda one: abs(one - at)):
            for factors in type(way)(**{**state.options, along: other}).stream(rows):
                if factors.final:
                    known[other] = Fitted(factors, other, self.choices.truth)
                yield None
            yield self._found(fitted, state, known, scores, False)
        yield self._found(fitted, state, known, scores, True)

    def _asked(self, state: DecomposeState, fitted: Fitted | None = None) -> Iterator[Array]:
        """Yield what the network says as it is, and with the decoded activations, for ever more pictures.

        First what is known of it; that is all without a dictionary, and of a network that gives no class.
        """
        shape = len(self.batch), self.model.output_count if self.choices.has_answers else 0
        own = self._own.of((), lambda: np.full(shape, np.nan))
        key = state.layer, state.factoring.key, state.without
        decoded = self._decoded.of(key, lambda: np.full(shape, np.nan))
        yield np.stack([own, decoded])
        if fitted is None or np.isfinite(decoded).all():
            return
        start = 0
        for piece in fitted.factors.scores_in_pieces(state.without):
            stop = start + len(piece)
            for begin in range(start, stop, AT_ONCE):
                here = slice(begin, min(begin + AT_ONCE, stop))
                if np.isnan(own[here]).any():
                    own[here] = self.model.scores(self.batch[here])
            decoded[start:stop] = piece
            start = stop
            yield np.stack([own, decoded])

    def _found(
        self, fitted: Fitted, state: DecomposeState, known: dict[float, Fitted], scores: Array, final: bool
    ) -> Decomposed:
        feature = int(fitted.order[0]) if state.feature is None else state.feature
        asked = int(np.isfinite(scores[:, :, 0]).sum()) if scores.size else 0
        evaluations = fitted.factors.evaluations + asked
        planned = len(self.batch) + (scores[:, :, 0].size if scores.size else 0)
        return Decomposed(
            evaluations=evaluations,
            planned=evaluations if final else planned,
            final=final,
            fitted=fitted,
            feature=feature,
            known=dict(known),
            scores=scores,
        )

    def _header(self, state: DecomposeState) -> DecomposeHeader:
        return {
            "state": state.as_dict(),
            "code": self.code(state),
            "units": self.model.at(state.layer).layout.channels,
        }

    def _frame(self, found: Decomposed, _: Sequence[Any]) -> Frame:
        """Return what a frame says: how good the dictionary is, its features, and the pictures of one."""
        fitted, feature = found.fitted, found.feature
        top = fitted.top(feature, MOST_SHOWN)
        maps = fitted.maps(feature, top)
        content = {
            "shape": list(maps.shape),
            "feature": feature,
            "top": top,
            "grid": list(fitted.grid),
            "fit": fitted.fit,
            "curve": [found.known[at].fit for at in sorted(found.known)],
            "tiles": fitted.tiles,
            "features": len(fitted.density),
            "steps": getattr(fitted.factors, "steps", None),
            "answers": [self._shares(found.scores[:, row]) for row in top],
            "accuracy": self._accuracies(found.scores),
        }
        return content, [maps]

    def _shares(self, scores: Array) -> list[ShareRow]:
        """Return the probabilities of the largest classes of a picture: as it is, and with what was decoded."""
        before, after = special.softmax(scores, axis=1) if scores.size else scores
        if not scores.size or np.isnan(before).any():
            return []
        best = np.argsort(-before, kind="stable")[:CLASSES]
        if not np.isnan(after).any() and after.argmax() not in best:
            best[-1] = after.argmax()
        return [
            {"name": self.model.class_name(int(one)), "before": _number(before[one]), "after": _number(after[one])}
            for one in best
        ]

    def _accuracies(self, scores: Array) -> list[AccuracyRow]:
        """Return the accuracy on each class as far as it is known, of all together where none is known to be right."""
        labels = self.choices.labels
        if not scores.size:
            return []
        known = np.isfinite(scores[:, :, 0])
        answers = np.where(np.isfinite(scores), scores, -np.inf).argmax(axis=2)
        expected = answers[0] if labels is None else labels
        right = np.where(known, answers == expected, np.nan)
        groups = [("all pictures", np.ones(len(self.batch), bool))]
        if labels is not None:
            groups += [(self.model.class_name(int(one)), labels == one) for one in np.unique(labels)]
        return [
            {
                "name": name,
                "count": int(belongs.sum()),
                "before": _mean(right[0, belongs]),
                "after": _mean(right[1, belongs]),
            }
            for name, belongs in groups
        ]


def _mean(right: Array) -> float | None:
    return None if np.isnan(right).all() else float(np.nanmean(right))


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
