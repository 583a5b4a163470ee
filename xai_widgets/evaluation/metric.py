"""Metrics: an explanation, and the question that it answers, become a stream of ever better measurements of it."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.quantity import Quantity
from xai_widgets.answers.refine import Sampler, refine
from xai_widgets.answers.sampling import RunningMean
from xai_widgets.answers.stream import Stream
from xai_widgets.attribution.method import Method
from xai_widgets.attribution.result import Attribution
from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.evaluation.measurement import Judging, Measurement
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array


class Metric(Judging, ABC):
    """A way to judge an explanation. Options are keywords and are checked at once.

    Subclasses are frozen dataclasses whose fields are options; they say what is measured in each draw, and what the
    means of that amount to.
    """

    samples: int

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
            return refine(self._sampler(judged, resume))
        if not isinstance(method, Method):
            raise InputTypeError(
                f"Found a {type(judged).__name__} and method={method!r}; expected a result such as "
                "Saliency()(model, x), or a model, x and method=Saliency()."
            )
        if x is None:
            raise InputTypeError("x is missing; expected the input that is explained.")
        return self._explained(method.steps_of(judged, x, quantity, layer), resume)

    def extends(self, other: Any) -> bool:
        return isinstance(other, Metric) and self.same_options(other, ("samples",)) and self.samples >= other.samples

    @abstractmethod
    def measured(self, judged: Attribution, start: int, stop: int) -> Array:
        """Return what the draws with these numbers bring, (draws, batch, terms); each depends on its number alone."""

    @abstractmethod
    def found(self, terms: RunningMean, **rest: Any) -> Measurement:
        """Return what the means of the terms, (batch, terms), amount to."""

    def _explained(
        self, explanations: Iterator[Attribution | None], resume: Measurement | None
    ) -> Iterator[Measurement | None]:
        """Explain first, in chunks that bring no measurement, and judge the final explanation."""
        for judged in explanations:
            if judged is None or not judged.final:
                yield None
            else:
                yield from refine(self._sampler(judged, resume))

    def _sampler(self, judged: Attribution, resume: Measurement | None) -> MetricSampler:
        cut = judged.question.cut
        if cut.layer is not None and judged.layouts[0].shape != cut.shape:
            raise InputError(
                f"{judged.method.title} has a value for each token, {judged.layouts[0].shape}, and none for each "
                f"element of layer {cut.layer!r}, {cut.shape}, of which some are to be taken away; expected an "
                "explanation that has, such as InputXGradient()(model, x, layer=...)."
            )
        if resume is None:
            return MetricSampler(self, judged, RunningMean())
        if not (isinstance(resume, Measurement) and self.extends(resume.method) and resume.state is not None):
            raise InputError(f"{self!r} cannot go on from {resume!r}; expected the final one of fewer samples.")
        if resume.judged is not judged:
            raise InputError("resume is about another explanation; expected the same one.")
        return MetricSampler(self, judged, copy.deepcopy(resume.state))


class MetricSampler(Sampler[Measurement]):
    """Measures one draw after the other, and keeps the mean of what it brings."""

    def __init__(self, metric: Metric, judged: Attribution, terms: RunningMean) -> None:
        self.metric, self.judged, self.terms = metric, judged, terms
        self.size, self.minimum, self.each = metric.samples, min(2, metric.samples), len(judged.question.batch)
        self.drawn, self.evaluations = terms.count, terms.count * self.each

    @property
    def chunk(self) -> int:
        return max(1, self.judged.question.cut.chunk("forward") // self.each)

    def draw(self, start: int, stop: int) -> None:
        self.terms.add(self.metric.measured(self.judged, start, stop))
        self.evaluations += (stop - start) * self.each

    def values(self) -> Array:
        return np.asarray(self.terms.mean[:, 0])

    def answer(self, values: Array, **progress: Any) -> Measurement:
        question = self.judged.question
        return self.metric.found(self.terms, question=question, method=self.metric, judged=self.judged, **progress)

    def state(self) -> RunningMean:
        return copy.deepcopy(self.terms)
