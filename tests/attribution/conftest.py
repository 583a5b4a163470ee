"""A network in NumPy with gradients by hand, so that the methods are tested without any framework."""

import numpy as np
import pytest
from scipy import special

from xai_widgets.models.base import Model
from xai_widgets.models.cut import Cut
from xai_widgets.models.objective import Evaluation


class PolynomialCut(Cut):
    @property
    def shape(self):
        return self.model.input_shape

    def _activations(self, x):
        return x

    def _pass(self, x, objective, latent, gradients, pool):
        found = self._differentiate(x, objective) if gradients else self._evaluate(x, objective)
        return found if pool is None else found.pooled(pool)

    def _evaluate(self, x, objective):
        self.model.rows += len(x)
        self.model.largest_chunk = max(self.model.largest_chunk, len(x))
        scores = self.model.polynomial(x)
        weights = objective.fixed(scores).weights
        linked = {"identity": lambda s: s, "softmax": lambda s: special.softmax(s, axis=1)}
        linked["log_softmax"] = lambda s: special.log_softmax(s, axis=1)
        return Evaluation((weights * linked[objective.link](scores)).sum(axis=1), scores)

    def _differentiate(self, x, objective):
        values, scores, *_ = self._evaluate(x, objective)
        weights = np.broadcast_to(objective.fixed(scores).weights, scores.shape)
        p = special.softmax(scores, axis=1)
        by_score = {
            "identity": weights,
            "softmax": p * (weights - (p * weights).sum(axis=1, keepdims=True)),
            "log_softmax": weights - p * weights.sum(axis=1, keepdims=True),
        }[objective.link]
        gradients = np.tensordot(by_score, self.model.linear, 1) + np.tensordot(by_score, self.model.square, 1) * x
        return Evaluation(values, scores, gradients, x)

    # Every cut has these. They need layers, so that a test which gets here asks for what cannot be.
    def _gradients_by(self, x, objective, layers):
        pytest.fail("A polynomial has no layers.")

    def _activations_of(self, x, layers):
        pytest.fail("A polynomial has no layers.")

    def _attentions(self, x, objective):
        return []

    def _propagate(self, x, objective, rules, reference):
        pytest.fail("A polynomial has no layers that a rule could change.")


class PolynomialModel(Model):
    """Scores linear . x + square . x^2 / 2, one row of coefficients of the input's shape per output."""

    backend = "numpy"
    layer_channel_axis = 0
    layers = ()
    dtype = np.dtype(np.float64)

    def __init__(self, linear, square, **options):
        self.linear, self.square = np.asarray(linear), np.asarray(square)
        self.rows = self.largest_chunk = 0
        super().__init__(None, input_shape=self.linear.shape[1:], **options)

    def polynomial(self, x):
        flat = x.reshape(len(x), -1)
        return (
            flat @ self.linear.reshape(len(self.linear), -1).T
            + flat**2 @ self.square.reshape(len(self.square), -1).T / 2
        )

    def _inspect(self):
        pass

    def _weights(self):
        return ["linear", "square"], [self.linear, self.square]

    def _readable_input_shape(self):
        return None

    def _guess_input_rank(self):
        return None

    def _build(self):
        self._output_count = len(self.linear)
        self.outputs = self.outputs or "logits"

    def _cut(self, layer):
        return PolynomialCut(self, layer)

    def resets(self):
        pytest.fail("A polynomial has no layers that could forget what they learnt.")


@pytest.fixture
def polynomial():
    """Return a maker of models with random coefficients, for inputs of a given shape."""

    def make(shape=(3, 6, 8), outputs=4, seed=0, **options):
        generator = np.random.default_rng(seed)
        linear, square = generator.normal(size=(2, outputs, *shape))
        return PolynomialModel(linear, square, **options)

    return make


@pytest.fixture
def picture():
    return np.random.default_rng(1).uniform(size=(3, 6, 8))
