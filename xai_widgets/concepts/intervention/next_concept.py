"""Which concept of a bottleneck to ask for next: the one whose truth would change the answer most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from xai_widgets.answers.progress import Progress
from xai_widgets.answers.refine import Sampler, streamed
from xai_widgets.answers.registry import register
from xai_widgets.answers.stream import Stream
from xai_widgets.concepts.finder import Finder
from xai_widgets.concepts.intervention.bottleneck import Bottleneck, Known
from xai_widgets.concepts.intervention.groups import chances, checked_groups, states
from xai_widgets.errors import InputError
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array
from xai_widgets.option import Option

CRITERION = Option(
    default="expected_change",
    kind="choice",
    label="Ask by",
    sentence="What makes a concept worth asking for.",
    choices=("expected_change", "uncertainty", "effect"),
    labels={"expected_change": "Expected change", "uncertainty": "Uncertainty", "effect": "Effect"},
)

ROUNDING = 1e-5
"""By how much what a unit says may lie outside 0 to 1."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ConceptWorth(Progress):
    """What it is worth to be told each concept, or group of them; made by `NextConcept`.

    Of a single input, given without a batch axis, the arrays have none.

    Attributes
    ----------
    groups : tuple of str
        The names of the groups, or of the concepts.
    worth : array of shape (batch, groups)
        In nats; nan where the group is known already, or was not looked at yet.
    criterion : str

    Examples
    --------
    >>> found = xai.NextConcept("concepts")(bottleneck, x, {"cross": 1})
    >>> bool(np.isnan(found.worth[0])), found.best != "cross"
    (True, True)
    """

    groups: tuple[str, ...]
    worth: Array
    criterion: str

    @property
    def best(self) -> str | list[str | None] | None:
        """The group that is worth most, or for a batch a list with that of each input; None where all are known."""
        rows = np.atleast_2d(self.worth)
        filled = np.where(np.isnan(rows), -np.inf, rows)
        found = [
            None if np.isneginf(row).all() else self.groups[place]
            for row, place in zip(filled, filled.argmax(axis=1), strict=True)
        ]
        return found[0] if self.worth.ndim == 1 else found

    @property
    def nbytes(self) -> int:
        return self.worth.nbytes

    def __repr__(self) -> str:
        columns = zip(self.groups, np.atleast_2d(self.worth).T, strict=True)
        seen = {name: np.nanmean(column) for name, column in columns if not np.isnan(column).all()}
        ranked = sorted(seen, key=lambda name: -seen[name])
        words = ", ".join(f"{name} {seen[name]:.3f}" for name in ranked[:8]) or "nothing is left to ask for"
        return f"{CRITERION.labels[self.criterion].lower()}: {words} ({self.evaluations} evaluations)"


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class NextConcept(Finder):
    """Finds the concept of a bottleneck to ask an expert for next: the one that would change the answer most.

    Parameters
    ----------
    layer : str
        Whose units are concepts, as probabilities from 0 to 1; their names are told in `wrap` with `units`.
    groups : dict, optional
        Concepts that are asked for together, because exactly one of them is true: for a name the names or numbers of
        the units, ``{"colour": ["red", "blue"]}``. By default each concept is asked for by itself.
    criterion : {"expected_change", "uncertainty", "effect"}, default "expected_change"
        What makes a group worth asking for. Of each state it may be in, the divergence of the answer then from the
        answer now is taken: "expected_change" is its mean, with the probability that the concepts give to each state;
        "effect" is its plain mean, all states being as likely. "uncertainty" is the entropy of the state, whatever
        follows from it.

    Notes
    -----
    The first is the expected change in target prediction of Shin and others, for groups that exclude each other; it is
    about uncertainty times effect. A concept that a bottleneck is sure of is not asked for, and so not corrected, even
    where it is wrong.

    References
    ----------
    Shin, Jo, Ahn, Lee (2023), A Closer Look at the Intervention Procedure of Concept Bottleneck Models.

    Examples
    --------
    >>> xai.NextConcept("concepts")(bottleneck, x).best in ("cross", "ring", "bar")
    True
    """

    layer: str = field(kw_only=False)
    groups: Any = field(default=None)
    criterion: str = CRITERION.field()

    name = "next_concept"
    label = "Next concept"
    sentence = "Which concept to ask for next: the one whose truth would change the answer most."
    reference = "Shin, Jo, Ahn, Lee 2023"

    def __call__(self, model: Model, x: ArrayLike, known: Known | None = None) -> ConceptWorth:
        """Return what each group is worth: the last answer of the stream.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array of shape (batch, *input shape), or of one input
        known : dict, optional
            What was told already, as in `Intervention`: units by name or number, a number, or one for each input, nan
            where it is not known.

        Returns
        -------
        ConceptWorth

        Raises
        ------
        ValueError, TypeError
            If something does not fit, or the units are no probabilities.

        Examples
        --------
        >>> xai.NextConcept("concepts", criterion="uncertainty")(bottleneck, batch).worth.shape
        (6, 3)
        """
        return self.stream(model, x, known).last()

    def stream(self, model: Model, x: ArrayLike, known: Known | None = None) -> Stream[ConceptWorth]:
        """Return the same, one group after the other; to cancel, stop iterating.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array of shape (batch, *input shape), or of one input
        known : dict, optional
            What was told already.

        Returns
        -------
        iterator of ConceptWorth
            The last of them `final`.

        Raises
        ------
        ValueError, TypeError
            At once, if something does not fit; with the first answer, if the units are no probabilities.

        Examples
        --------
        >>> len([found.best for found in xai.NextConcept("concepts").stream(bottleneck, x)])
        3
        """
        return streamed(Asking(self, Bottleneck(model, x, self.layer), known or {}))


class Asking(Sampler[ConceptWorth]):
    """Puts a bottleneck into each state of each group that is not known, one group after the other."""

    chunk = 1

    def __init__(self, options: NextConcept, bottleneck: Bottleneck, known: Known) -> None:
        self.options, self.bottleneck, self.before = options, bottleneck, bottleneck.evaluations
        if bottleneck.model.outputs == "values":
            raise InputError(
                "The network puts out values; expected one that answers with the probabilities of classes."
            )
        self.known = self.bottleneck.values(known)
        self.groups = checked_groups(options.groups, self.bottleneck)
        self.size = len(self.groups)
        self.each = max(len(units) for units in self.groups.values()) * len(self.bottleneck.batch)
        self.worth = np.full((len(self.bottleneck.batch), self.size), np.nan)

    def start(self) -> Iterator[None]:
        yield from self.bottleneck.read()
        said = self.bottleneck.said
        if not are_probabilities(said):
            raise InputError(
                f"What layer {self.bottleneck.layer!r} puts out goes from {said.min():.3g} to {said.max():.3g}; "
                "expected probabilities, from 0 to 1, such as behind a sigmoid."
            )
        self.now = self._answers(self.known)
        self.evaluations = self.bottleneck.evaluations - self.before
        yield

    def draw(self, start: int, stop: int) -> None:
        for number, units in list(enumerate(self.groups.values()))[start:stop]:
            open_ = np.isnan(self.known[:, units]).all(axis=1)
            if not open_.any():
                continue
            likely = chances(self.bottleneck.said[:, units])
            if self.options.criterion == "uncertainty":
                worth = special.entr(likely).sum(axis=1)
            else:
                changes = np.stack([self._change(units, state) for state in states(len(units))], axis=1)
                weights = likely if self.options.criterion == "expected_change" else 1 / changes.shape[1]
                worth = (weights * changes).sum(axis=1)
            self.worth[open_, number] = worth[open_]
        self.evaluations = self.bottleneck.evaluations - self.before

    def values(self) -> Array:
        found: Array = np.nan_to_num(self.worth)
        return found

    def answer(self, values: Array, **progress: Any) -> ConceptWorth:
        return ConceptWorth(
            groups=tuple(self.groups),
            worth=self.worth.copy()[0 if self.bottleneck.single else slice(None)],
            criterion=self.options.criterion,
            **progress,
        )

    def _change(self, units: list[int], state: Array) -> Array:
        """Return the divergence KL(then, now) of the answer where a group is in a state, (batch,)."""
        told = self.known.copy()
        told[:, units] = state
        then = self._answers(told)
        found: Array = (np.exp(then) * (then - self.now)).sum(axis=1)
        return found

    def _answers(self, told: Array) -> Array:
        """Return the logarithms of the probabilities, (batch, classes)."""
        found: Array = special.log_softmax(self.bottleneck.scores(told).astype(np.float64), axis=1)
        return found


def are_probabilities(said: Array) -> bool:
    """Whether what units say may be probabilities."""
    return bool(said.min() >= -ROUNDING and said.max() <= 1 + ROUNDING)
