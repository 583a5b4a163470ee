"""Methods: a question to a model becomes a stream of ever better attributions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.quantity import Quantity
from xai_widgets.answers.question import Question, ask
from xai_widgets.answers.refine import Sampler, refine
from xai_widgets.answers.registry import REGISTRY
from xai_widgets.answers.stream import Stream
from xai_widgets.attribution.baseline import baseline_for
from xai_widgets.attribution.description import Described
from xai_widgets.attribution.layer import default_layer
from xai_widgets.attribution.mechanism import Mechanism, Place, checked_place, no_mechanism
from xai_widgets.attribution.result import Attribution, completeness
from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.models.base import Model
from xai_widgets.models.cut import Cut
from xai_widgets.models.layers import checked_layer
from xai_widgets.models.objective import Array

AT_EMBEDDING = ("gradient", "propagation")
"""The families that explain token ids at the embedding: the layer that turns them into vectors."""

MOST_KEPT = 4096
"""So many numbers are kept of what a stream met, 32 kB, also where nobody asks how values arise."""

LARGEST = float(np.finfo(np.float32).max)

METHODS: dict[str, type[Method]] = REGISTRY["attribution"]
"""The methods that the widgets list, by name."""


class Method(Described, ABC):
    """A way to attribute a quantity to the elements of an input; the base of all of them, which `methods` lists.

    Options are keywords and are checked at once. Subclasses are frozen dataclasses whose fields are options; they say
    what they are called, and what is drawn.

    Attributes
    ----------
    name, label, sentence, reference, family : str
        What it is called in code and in words, what it does, where it comes from, and what it belongs to.
    kind : {"slope", "contribution", "weight"}
        What a value measures.
    key : hashable
        What tells a method with its options from all others.

    Examples
    --------
    >>> method = xai.IntegratedGradients(steps=32)
    >>> method.family, method.kind, method.steps
    ('gradient', 'contribution', 32)
    """

    result: ClassVar[type[Attribution]] = Attribution
    """What it finds."""
    tolerance: float = 0.0

    @classmethod
    def _said_of_all(cls) -> dict[str, str]:
        called = "Where it is called with a model and inputs; see `Method.__call__`."
        wrong = (
            "At once, if an option is not one of these; where it is called, if model, inputs or quantity do not fit."
        )
        return {
            "Returns": f"{cls.result.__name__}\n    {called}",
            "Raises": f"ValueError, TypeError\n    {wrong}",
        }

    @classmethod
    def refusal(cls, model: Model) -> str | None:
        """Return why this method cannot explain `model`, whatever its options, in a sentence; None where it can.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.

        Examples
        --------
        >>> xai.SmoothGrad.refusal(reader).partition(";")[0]
        'The noise is a fraction of the range of values, and token ids have no range'
        """
        taken = model.taken
        if cls._unfit(model):
            return cls._unfit(model)
        if cls.family in AT_EMBEDDING and taken.integral and model.input_shape and model.embedding is None:
            return (
                "The network takes token ids, which have no slope, and the embedding that turns them into vectors "
                "cannot be reached."
            )
        if cls.family in AT_EMBEDDING and taken.holds_ids and not taken.integral and not cls.needs_layer:
            try:
                model.embedded  # noqa: B018 - found, or refused in words
            except InputError as error:
                return str(error)
        if cls.needs_layer and model.input_shape is not None:
            try:
                default_layer(model)
            except InputError as error:
                return str(error)
        return None

    @classmethod
    def fits_layer(cls, cut: Cut) -> bool:
        """Whether a map of attributions to this place in the network makes sense."""
        return cut.layout.known

    def __call__(
        self, model: Model, x: ArrayLike, quantity: Quantity | None = None, layer: str | None = None
    ) -> Attribution:
        """Return the attribution: the last estimate of the stream.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array
            One input or a batch, in the model's own layout; of several input tensors a tuple or a dict of these.
        quantity : Quantity, optional
            What is explained; by default the top class at `x`, see `Logit`.
        layer : str, optional
            Attribute to the output of this layer in place of the input, see `stream`.

        Returns
        -------
        Attribution
            Its `values` have the shape of `x`, or of the layer's output.

        Raises
        ------
        ValueError, TypeError
            If something does not fit, or goes wrong in the network.

        Examples
        --------
        >>> result = xai.IntegratedGradients()(model, x, xai.Margin("cross", "ring"))
        >>> result.values.shape
        (1, 8, 8)
        """
        return self.stream(model, x, quantity, layer).last()

    def stream(
        self,
        model: Model,
        x: ArrayLike,
        quantity: Quantity | None = None,
        layer: str | None = None,
        *,
        resume: Attribution | None = None,
    ) -> Stream[Attribution]:
        """Return the estimates one by one, each better than the one before; to cancel, stop iterating.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array
            One input or a batch, in the model's own layout; of several input tensors a tuple or a dict of these.
        quantity : Quantity, optional
            What is explained; by default the top class at `x`, see `Logit`.
        layer : str, optional
            Attribute to the output of this layer in place of the input. A method that makes sense at a layer only
            takes the last one with height and width by default. Where inputs are token ids, methods that follow
            gradients take the embedding.
        resume : Attribution, optional
            The final estimate of a method that this one extends (see `extends`), for the same question: only the
            passes that are missing are run.

        Returns
        -------
        iterator of Attribution
            Each a whole estimate, and the last of them `final`.

        Raises
        ------
        ValueError, TypeError
            At once, if something does not fit.

        Examples
        --------
        >>> for estimate in xai.IntegratedGradients(steps=64).stream(model, x):
        ...     if estimate.gap < 0.1:
        ...         break
        >>> estimate.evaluations < estimate.planned
        True
        """
        steps = self.steps_of(model, x, quantity, layer, resume=resume)
        return Stream(estimate for estimate in steps if estimate is not None)

    def mechanism(
        self,
        model: Model,
        x: ArrayLike,
        quantity: Quantity | None = None,
        layer: str | None = None,
        *,
        at: Sequence[int],
    ) -> Mechanism:
        """Return how the value at one place of the map arises, with what it is made of.

        Parameters
        ----------
        model : Model
            A network wrapped by `xai_widgets.wrap`.
        x : array
            One input, in the model's own layout.
        quantity : Quantity, optional
            What is explained; by default the top class at `x`, see `Logit`.
        layer : str, optional
            Attribute to the output of this layer in place of the input, see `stream`.
        at : sequence of int
            The place: (row, column) of a picture's map, or as many numbers as the map has axes.

        Returns
        -------
        Mechanism
            Its `value` is that of the map, ``method(model, x).map[at]``.

        Raises
        ------
        ValueError, TypeError
            If something does not fit, or the method has no mechanism; the message says which have one.

        Examples
        --------
        >>> xai.IntegratedGradients(steps=16).mechanism(model, x, at=(3, 4)).sentence[:17]
        'the mean gradient'
        """
        self._check_mechanism()
        question = self.ask(model, x, quantity, layer)
        place = checked_place(question, at)
        *_, last = self.kept_steps_to(question, place)
        if last is None:
            raise RuntimeError(f"{self!r} ended without an answer.")
        return last.mechanism(place)

    def kept_steps_to(self, question: Question, at: Place | None = None) -> Iterator[Attribution | None]:
        """Return what `steps_to` returns, whose answers keep what their values are made of.

        At all places where that is little enough, and else at the one that is asked about. What is asked of one input
        alone; see `checked_place`.
        """
        self._check_mechanism()
        return refine(self._keeping(question, at), self.tolerance)

    def _keeping(self, question: Question, at: Place | None) -> Sampler[Attribution]:
        """Return what the stream draws, where it keeps what it meets."""
        sampler = self._sampler(question, None)
        if isinstance(sampler, AttributionSampler):
            sampler.keeps = True
        return sampler

    def _check_mechanism(self) -> None:
        """Refuse a method of which it is not known how a single value arises."""
        if not self.has_mechanism:
            raise no_mechanism(self, [kind.__name__ for kind in METHODS.values() if kind.has_mechanism])

    def steps_of(
        self,
        model: Model,
        x: ArrayLike,
        quantity: Quantity | None = None,
        layer: str | None = None,
        *,
        resume: Attribution | None = None,
    ) -> Iterator[Attribution | None]:
        """Return what `stream` returns, with None after each chunk of work that brought no estimate yet.

        So a search that must be done before there is a first estimate can be cancelled like all else.
        """
        return self.steps_to(self.ask(model, x, quantity, layer), resume=resume)

    def steps_to(self, question: Question, *, resume: Attribution | None = None) -> Iterator[Attribution | None]:
        """Return what `steps_of` returns, for a question that this method has asked, now or before.

        What such a question has fixed need not be found again.
        """
        if resume is not None:
            self._check_resume(question, resume)
            question = resume.question
        return refine(self._sampler(question, None if resume is None else resume.state), self.tolerance)

    def ask(self, model: Model, x: ArrayLike, quantity: Quantity | None = None, layer: str | None = None) -> Question:
        """Return the question that this method answers, at the layer that it takes where none is named.

        Parameters and errors are those of `stream`.
        """
        if layer is not None and checked_layer(layer) is not None and not self.takes_layer:
            raise InputError(f"{self.label} attributes to the input and takes no layer; found layer={layer!r}.")
        question = ask(model, x, quantity, layer)
        if self._unfit(model):
            raise InputError(f"{self.label}: {self._unfit(model)}")
        self._check_counts(model)
        of_ids = model.taken.holds_ids and self.takes_layer and self.family in AT_EMBEDDING
        if layer is None and of_ids and not self.needs_layer:
            if len(model.taken.pieces) > 1:
                return question.at_vectors()
            layer = self._embedding(model)
        if layer is None and self.needs_layer:
            layer = default_layer(model, before=question.asked.layer)
        return question if layer == question.cut.layer else question.at(layer)

    def references(self, question: Question, start: int, stop: int) -> Array | None:
        """Return what contributions count from: the baselines with these numbers, (numbers, batch, *input shape).

        None where a method has none, and counts from zero at whatever place it explains.
        """
        baseline = getattr(self, "baseline", None)
        if baseline is None:
            return None
        found = baseline_for(question.batch, baseline, question.model)
        return np.broadcast_to(found, (stop - start, *question.batch.shape))

    @abstractmethod
    def _sampler(self, question: Question, state: Any) -> Sampler[Attribution]:
        """Return what the stream draws; what does not fit is said here, before it starts."""

    @classmethod
    def _unfit(cls, model: Model) -> str:
        """Return why the method is not for inputs of this kind, in a sentence; empty where it is."""
        if cls.needs_plane and model.input.no_plane:
            return model.input.no_plane
        if cls.moves_input and model.taken.nothing_between:
            return f"It changes the input bit by bit along a gradient, and {model.taken.nothing_between}."
        several = len(model.taken.pieces) > 1
        return model.taken.no_plane if several and cls.family == "propagation" else ""

    @classmethod
    def _embedding(cls, model: Model) -> str | None:
        """Return the layer at which the derivative by token ids is taken: they have none themselves."""
        reason = cls.refusal(model) if model.taken.integral and model.embedding is None else None
        if reason is not None:
            raise InputError(f"{reason} Choose a method that takes tokens away, such as Occlusion.")
        return model.embedding

    def _check_counts(self, model: Model) -> None:
        """Refuse options that ask for more blocks or heads than the network has."""
        for option in self.options():
            value = getattr(self, option.name)
            if option.counts and value > (most := model.count(option.counts)):
                raise InputError(
                    f"{option.name} is {value}, and the network has {most} {option.counts} of attention; expected a "
                    f"whole number from 1 to {most}, or 0."
                )

    def _check_resume(self, question: Question, resume: Attribution) -> None:
        if not isinstance(resume, Attribution):
            raise InputTypeError(f"resume is a {type(resume).__name__}; expected the final estimate of a stream.")
        if not (self.extends(resume.method) and resume.state is not None):
            raise InputError(f"{self!r} cannot go on from {resume.method!r}; expected the same options, fewer passes.")
        if not resume.question.same_as(question):
            raise InputError("resume answers another question; expected the same model, input, quantity and layer.")


class AttributionSampler(Sampler[Attribution]):
    """What the stream of an attribution method draws, and what it makes of it.

    Attributes
    ----------
    method : Method
    question : Question
    count : int
        How many inputs there are.
    keeps : bool
        Whether what the values are made of is kept, however much it is; where it is little it may be all the same.
    """

    keeps: bool = False

    def __init__(self, method: Method, question: Question) -> None:
        self.method, self.question, self.count = method, question, len(question.batch)
        self.each = self.count

    @property
    def score(self) -> Array:
        """The quantity at the inputs, (batch,)."""
        return np.atleast_1d(np.asarray(self.question.score))

    @property
    def baseline_score(self) -> Array | None:
        """The quantity where completeness counts from, (batch,); None where none is promised."""
        return None

    def answer(self, values: Array, **progress: Any) -> Attribution:
        question, score, baseline = self.question, self.score, self.baseline_score
        _check_size(values)
        gap = absolute = np.full(self.count, np.nan)
        if baseline is not None:
            gap, absolute = completeness(self.contributions(values), score, baseline)
        error = self.standard_error()
        return self.method.result(
            values=question.presented(values),
            question=question,
            method=self.method,
            score=question.per_input(score),
            gap=question.per_input(gap),
            absolute_gap=question.per_input(absolute),
            standard_error=None if error is None else question.presented(error),
            **self.more(),
            **progress,
        )

    def contributions(self, values: Array) -> Array:
        """Return what should sum to the change of the quantity, (batch, ...)."""
        return values

    def more(self) -> dict[str, Any]:
        """Return what the result has besides."""
        return {}

    def space_to_keep(self) -> Array | None:
        """Return where to keep a number for each draw; None where that is too much for who does not ask for it.

        So the memory of a stream does not grow with its draws.
        """
        wanted = self.method.has_mechanism and self.count == 1 and (self.keeps or self.size <= MOST_KEPT)
        return np.empty(self.size) if wanted else None


def _check_size(values: Array) -> None:
    """Refuse what single precision, in which values are given, does not hold."""
    largest = np.abs(values).max(initial=0)
    if not largest <= LARGEST:
        raise InputError(
            f"The largest value of the attribution is {largest:.3g}; expected at most {LARGEST:.3g}, what single "
            "precision holds. Explain a smaller quantity, for instance Custom(lambda scores: scores[:, 0] / 1e30)."
        )


class Once(AttributionSampler):
    """A method that a single step for each input is all of; subclasses take it in `found`."""

    size = 1
    chunk = 1

    @abstractmethod
    def found(self) -> Array:
        """Run the passes, count them, and return the values, (batch, *shape of the cut)."""

    def draw(self, start: int, stop: int) -> None:
        self._values = self.found()

    def values(self) -> Array:
        return self._values
