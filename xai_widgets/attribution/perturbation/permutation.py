"""Feature permutation: each feature is exchanged among the inputs of a batch, and the quantity drops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xai_widgets.answers.question import Question
from xai_widgets.answers.registry import register
from xai_widgets.answers.sampling import TOLERANCE, RunningMean
from xai_widgets.attribution.features import FEATURES, SIZE, FeatureChoice, Features, features_for
from xai_widgets.attribution.gradients.noise import SEED
from xai_widgets.attribution.perturbation.ablation import FeatureMethod, Groups, Loss
from xai_widgets.errors import InputError
from xai_widgets.models.layout import Layout
from xai_widgets.models.objective import Array
from xai_widgets.option import Option

REPETITIONS = Option(
    default=8,
    kind="integer",
    label="Samples",
    sentence="How many times each feature is shuffled.",
    minimum=1,
    slider=(1, 128),
    scale="doublings",
    unit="shuffles",
)


class Shuffles(Groups):
    """Features whose values are exchanged among the inputs, one feature after the other, in several rounds.

    The permutation of feature f in round r depends on the seed and on the number ``r * features + f`` alone.
    """

    def __init__(self, features: Features, count: int, layout: Layout, samples: int, seed: int) -> None:
        super().__init__(features, count, layout, windows=False)
        self.size, self.period = samples * features.count, features.count
        self.count, self.seed = count, seed
        self.rounds = RunningMean()
        self.visited = np.zeros(features.count, bool)

    def permutation(self, number: int) -> Array:
        """Return which input each input gets the feature from, (batch,), in this order of visits."""
        shuffled, feature = divmod(number, self.features.count)
        index = shuffled * self.features.count + int(self.order[self.places[feature]])
        return np.random.default_rng((self.seed, index)).permutation(self.count)

    def apply(self, batch: Array, filling: Array, start: int, stop: int) -> Array:
        numbers = np.arange(start, stop)
        absent = self.order[self.places[numbers % self.features.count]]
        others = batch[np.stack([self.permutation(number) for number in numbers.tolist()])]
        return self.features.switch(batch, others, absent[:, None] != np.arange(self.features.count))

    def add(self, start: int, values: Array, score: Array) -> None:
        for number, value in enumerate(values, start):
            place = number % self.features.count
            if not self.rounds.count:
                super().add(place, value[None], score)
            else:
                self.drops[:, self.order[self.places[place]]] = score - value
            self.visited[self.order[self.places[place]]] = True
            if self.visited.all():
                self.rounds.add(self.drops[None])
                self.visited[:] = False

    def estimate(self) -> Array:
        if not self.rounds.count:
            return super().estimate()
        more = (self.rounds.total + self.drops) / (self.rounds.count + 1)
        return self.features.spread(np.where(self.visited, more, self.rounds.mean))

    def standard_error(self) -> Array | None:
        return self.features.spread(self.rounds.standard_error) if self.rounds.count > 1 else None

    @property
    def independent(self) -> int:
        return self.rounds.count


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class FeaturePermutation(FeatureMethod):
    """How much the quantity drops when a feature takes the values that it has in the other inputs of the batch.

    The inputs stay within the data, where a baseline may lead out of them; but it takes a batch, and what features
    have together is torn apart. A value is F(x) - F(x with the feature of another input), mean over the shuffles; for
    the importance of features to a model (Breiman 2001) give a `loss` and many inputs.

    Parameters
    ----------
    features : {"superpixels", "squares", "pixels", "channels"} or array of int, default "superpixels"
        What is exchanged together, see `FeatureAblation`; superpixels are those of the input that is changed.
        "patches" are those to which a vision transformer attends.
    size : int, default 8
        The side of a square in pixels; a superpixel has about its area.
    samples : int, default 8
        How many times each feature is shuffled.
    tolerance : float, default 0
        Stop when the largest standard error is this part of the largest value; 0 takes all samples.
    seed : int, default 0
        The shuffle of feature f in round r depends on (seed, r, f) alone.
    loss : callable, optional
        As in `FeatureAblation`.

    References
    ----------
    Breiman (2001), Random Forests.

    Fisher, Rudin, Dominici (2019), All Models Are Wrong, but Many Are Useful: Learning a Variable's Importance by
    Studying an Entire Class of Prediction Models Simultaneously.

    Examples
    --------
    >>> def accuracy(scores):
    ...     return (scores.argmax(axis=1) == model.scores(batch).argmax(axis=1)).mean()
    >>> result = xai.FeaturePermutation(features="squares", size=4, samples=2, loss=accuracy)(model, batch)
    >>> result.values.shape
    (6, 1, 8, 8)
    """

    features: FeatureChoice = FEATURES.field()
    size: int = SIZE.field()
    samples: int = REPETITIONS.field()
    tolerance: float = TOLERANCE.field()
    seed: int = SEED.field()
    loss: Loss | None = None

    name = "feature_permutation"
    label = "Feature permutation"
    sentence = "How much the quantity drops when a feature is exchanged among the inputs."
    reference = "Breiman 2001; Fisher, Rudin, Dominici 2019"
    ends = ("shuffling raises", "shuffling lowers")
    needs_batch = True
    has_mechanism = False

    def masks(self, question: Question) -> Shuffles:
        if len(question.batch) < 2:
            raise InputError(
                "Feature permutation exchanges features among the inputs of a batch; found one input, expected two or "
                "more. For a single input use FeatureAblation, with a baseline in place of the other inputs."
            )
        features = features_for(question.batch, self.features, self.size, question.model)
        return Shuffles(features, len(question.batch), question.model.input.layout, self.samples, self.seed)

    def filling(self, question: Question) -> Array:
        return question.batch  # What fills a feature are the other inputs, whatever the bounds are.

    def references(self, question: Question, start: int, stop: int) -> Array:
        """Return the other inputs of the batch, in another order for each number."""
        count = len(question.batch)
        orders = [np.random.default_rng((self.seed, number)).permutation(count) for number in range(start, stop)]
        return question.batch[np.stack(orders)]
