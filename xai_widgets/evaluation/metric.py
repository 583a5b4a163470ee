"""Metrics: an explanation, and the question that it answers, become a stream of ever better measurements of it."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.quantity import Quantity
from xai_widgets.answers.question import Question
from xai_widgets.answers.refine import Sampler, refine
from xai_widgets.answers.stream import Stream
from xai_widgets.attribution.method import Method
from xai_widgets.attribution.result import Attribution
from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.evaluation.measurement import Judging, Measurement
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array


class Metric(Judging, ABC):
    """A way to judge an explanation. Options are keywords and are checked at once.

    Subclasses are frozen dataclasses whose fields are options; they say what is drawn, and what that amounts to.
    """

    def __call__(
        self,
        judged: Attribution | Model,
        x: ArrayLike | None = None,
        *,
        method: Method | None = None,
        quantity: Quantity | None = None,
        layer: str | None = None,
    ) -> Measurement:
        """Return the measurement: the last one of the stream.

        Parameters
        ----------
        judged : Attribution or Model
            The explanation; or a network wrapped by `xai_widgets.wrap`, whose explanation by `method` is made first.
        x : array, optional
            One input or a batch, in the model's own layout, where a model is given.
        method : Method, optional
            What explains it then.
        quantity : Quantity, optional
            What of it; by default the top class at `x`.
        layer : str, optional
            Where, as the method takes it.

        Returns
        -------
        Measurement
            Its `value` is a float, or an array (batch,).

        Raises
        ------
        ValueError, TypeError
            If something does not fit.

        Examples
        --------
        >>> explanation = xai.IntegratedGradients()(model, x)
        >>> xai.Infidelity(samples=64)(explanation).value >= 0
        True
        """
        return self.stream(judged, x, method=method, quantity=quantity, layer=layer).last()

    def stream(
        self,
        judged: Attribution | Model,
        x: ArrayLike | None = None,
        *,
        method: Method | None = None,
        quantity: Quantity | None = None,
        layer: str | None = None,
        resume: Measurement | None = None,
    ) -> Stream[Measurement]:
        """Return the measurements one by one; to cancel, stop iterating.

        Parameters
        ----------
        judged : Attribution or Model
            The explanation; or a network wrapped by `xai_widgets.wrap`, whose explanation by `method` is made first.
        x : array, optional
            One input or a batch, in the model's own layout, where a model is given.
        method : Method, optional
            What explains it then.
        quantity : Quantity, optional
            What of it; by default the top class at `x`.
        layer : str, optional
            Where, as the method takes it.
        resume : Measurement, optional
            The final one of a metric that this one extends, of the same explanation: only what is missing is drawn.

        Returns
        -------
        iterator of Measurement
            Each a whole measurement, and the last of them `final`.

        Raises
        ------
        ValueError, TypeError
            At once, if something does not fit.

        Examples
        --------
        >>> explanation = xai.IntegratedGradients()(model, x)
        >>> for measurement in xai.Infidelity(samples=512).stream(explanation):
        ...     if measurement.standard_error < 0.1 * measurement.value:
        ...         break
        """
        steps = self.steps_of(judged, x, method=method, quantity=quantity, layer=layer, resume=resume)
        return Stream(found for found in steps if found is not None)

    def steps_of(
        self,
        judged: Attribution | Model,
        x: ArrayLike | None = None,
        *,
        method: Method | None = None,
        quantity: Quantity | None = None,
        layer: str | None = None,
        resume: Measurement | None = None,
    ) -> Iterator[Measurement | None]:
        """Return what `stream` returns, with None after each chunk of work that brought no measurement yet."""
        if isinstance(judged, Attribution):
            if x is not None or method is not None or quantity is not None or layer is not None:
                raise InputTypeError("Found an explanation and more; expected it alone, or a model, x and method=.")
            return refine(self._sampled(judged, resume))
        if not isinstance(method, Method):
            raise InputTypeError(
                f"Found a {type(judged).__name__} and method={method!r}; expected a result such as "
                "Saliency()(model, x), or a model, x and method=Saliency()."
            )
        if x is None:
            raise InputTypeError("x is missing; expected the input that is explained.")
        return self._explained(method.steps_of(judged, x, quantity, layer), resume)

    def comparable(self, judged: Attribution) -> Attribution:
        """Return what is judged of an explanation where methods are compared: the explanation, as a rule."""
        return judged

    @abstractmethod
    def _sampler(self, judged: Attribution, state: Any) -> Sampler[Measurement]:
        """Return what the stream draws, from the state of one that ended on; what does not fit is said here."""

    def _explained(
        self, explanations: Iterator[Attribution | None], resume: Measurement | None
    ) -> Iterator[Measurement | None]:
        """Explain first, in chunks that bring no measurement, and judge the final explanation."""
        for judged in explanations:
            if judged is None or not judged.final:
                yield None
            else:
                yield from refine(self._sampled(judged, resume))

    def _sampled(self, judged: Attribution, resume: Measurement | None) -> Sampler[Measurement]:
        if resume is None:
            return self._sampler(judged, None)
        if not (isinstance(resume, Measurement) and self.extends(resume.method) and resume.state is not None):
            raise InputError(f"{self!r} cannot go on from {resume!r}; expected the final one of fewer samples.")
        if resume.judged is not judged:
            raise InputError("resume is about another explanation; expected the same one.")
        return self._sampler(judged, copy.deepcopy(resume.state))


class MetricSampler(Sampler[Measurement]):
    """What the stream of a metric draws, and what it makes of it.

    Attributes
    ----------
    metric : Metric
    judged : Attribution
    question : Question
        What was explained.
    count : int
        How many inputs there are.
    """

    def __init__(self, metric: Metric, judged: Attribution) -> None:
        self.metric, self.judged, self.question = metric, judged, judged.question
        self.each = self.count = len(self.question.batch)

    def explained(self, question: Question, method: Method) -> Attribution:
        """Return what a method says to another question: of other inputs, or of another network."""
        *_, found = method.steps_to(question)
        if found is None:
            raise RuntimeError(f"{method!r} ended without an answer.")
        return found

    def known(self, values: Array) -> dict[str, Any]:
        """Return what every measurement says, with an error that is not known."""
        return {
            "values": values,
            "question": self.question,
            "method": self.metric,
            "judged": self.judged,
            "errors": np.full(self.count, np.nan),
        }


def method_of(judged: Attribution) -> Method:
    """Return the method of an explanation, which can explain something else as well.

    Raises
    ------
    ValueError
        If what gave it is no method of this library.
    """
    if not isinstance(judged.method, Method):
        raise InputError(f"{judged.method.title} is no method here that could explain anything else.")
    return judged.method
