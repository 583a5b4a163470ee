"""What the gradient methods promise, on networks whose answers are polynomials (Sundararajan, Taly, Yan 2017)."""

import numpy as np
import pytest

import xai_widgets as xai
from xai_widgets.models.base import Model
from xai_widgets.models.cut import Cut
from xai_widgets.models.objective import Evaluation

X = np.array([0.9, 0.2, 0.7, 0.4])
EVERYWHERE = [
    xai.Saliency(),
    xai.InputXGradient(),
    xai.IntegratedGradients(steps=4),
    xai.SmoothGrad(samples=9),
    xai.SmoothGradSquared(samples=4),
    xai.VarGrad(samples=4),
    xai.ExpectedGradients(samples=9),
    xai.InternalInfluence(steps=4),
    xai.LatentInfluence(steps=4),
    xai.Conductance(steps=11),
]
LINEAR = [method for method in EVERYWHERE if method.statistic == "mean"]


class ComposedCut(Cut):
    @property
    def shape(self):
        return self.model.input_shape if self.layer is None else (len(self.model.inner),)

    def _activations(self, x):
        return self.model.hidden(x)

    def _pass(self, x, objective, latent, gradients, pool):
        found = (self._differentiate if gradients else self._evaluate)(x, objective, latent)
        return found if pool is None else found.pooled(pool)

    def _evaluate(self, x, objective, latent):
        z = latent if latent is not None and self.layer else self.model.hidden(x if latent is None else latent)
        scores = z @ self.model.outer.T + z**2 @ self.model.square.T / 2
        weights = objective.fixed(scores).weights
        return Evaluation((weights * scores).sum(axis=1), scores, None, z if self.layer else x)

    def _differentiate(self, x, objective, latent):
        values, scores, _, point, *_ = self._evaluate(x, objective, latent)
        z = point if self.layer else self.model.hidden(point)
        weights = np.broadcast_to(objective.fixed(scores).weights, scores.shape)
        by_hidden = weights @ self.model.outer + (weights @ self.model.square) * z
        if self.layer:
            return Evaluation(values, scores, by_hidden, z)
        inner = self.model.inner
        return Evaluation(values, scores, by_hidden @ inner + (by_hidden * self.model.bend * (x @ inner.T)) @ inner, x)

    # Every cut has these. They need layers, so that a test which gets here asks for what cannot be.
    def _gradients_by(self, x, objective, layers):
        pytest.fail("This network has no layers to look among.")

    def _activations_of(self, x, layers):
        pytest.fail("This network has no layers to look among.")

    def _attentions(self, x, objective):
        return []

    def _propagate(self, x, objective, rules, reference):
        pytest.fail("A polynomial has no layers that a rule could change.")


class Composed(Model):
    """h = W x, hidden z = h + bend h^2 / 2, scores outer z + square z^2 / 2."""

    backend = "numpy"
    layer_channel_axis = 0
    layers = ("hidden",)
    dtype = np.dtype(np.float64)

    def __init__(self, inner, bend, outer, square):
        self.inner, self.bend, self.outer, self.square = map(np.asarray, (inner, bend, outer, square))
        super().__init__(None, input_shape=self.inner.shape[1:])

    def hidden(self, x):
        h = x @ self.inner.T
        return h + self.bend * h**2 / 2

    def _inspect(self):
        pass

    def _weights(self):
        return list("ibos"), [self.inner, self.bend, self.outer, self.square]

    def _readable_input_shape(self):
        return None

    def _guess_input_rank(self):
        return None

    def _build(self):
        self._output_count, self.outputs = len(self.outer), "logits"

    def resets(self):
        pytest.fail("What these tests are about is no network that was trained.")

    def _cut(self, layer):
        return ComposedCut(self, layer)


@pytest.fixture
def composed():
    random = np.random.default_rng(2)
    return Composed(random.normal(size=(5, 4)), random.normal(size=5), *random.normal(size=(2, 3, 5)))


def at(method):
    """Where a method can be asked on such a network: at its layer, and at the input if it goes there."""
    return ["hidden"] if method.needs_layer else [None, "hidden"]


def test_the_network_of_these_tests_has_the_gradients_it_says(composed):
    for layer in (None, "hidden"):
        cut = composed.at(layer)
        found = xai.Saliency()(composed, X, xai.Logit(1), layer=layer).values
        point = cut.activations(X[None])
        steps = 1e-6 * np.eye(point.shape[1])
        quantity = xai.Logit(1).objective(composed, 1)
        values = [
            [cut.evaluate(X[None], quantity, point + sign * step).values[0] for sign in (1, -1)] for step in steps
        ]
        np.testing.assert_allclose(found, np.diff(values, axis=1)[:, 0] / -2e-6, rtol=1e-5)


@pytest.mark.parametrize(
    ("method", "layer"),
    [
        (xai.IntegratedGradients(steps=256), None),
        (xai.IntegratedGradients(steps=4), "hidden"),
        (xai.IntegratedGradients(steps=4, latent_baseline="zero"), "hidden"),
        (xai.LatentInfluence(steps=4), "hidden"),
        (xai.Conductance(steps=4), "hidden"),
        (xai.ExpectedGradients(samples=4000, baselines=0.0), None),
    ],
    ids=repr,
)
def test_completeness(composed, method, layer):
    found = method(composed, X, xai.Logit(1), layer=layer)
    change = composed.scores(X)[0, 1] - composed.scores(np.zeros(4))[0, 1]  # hidden is zero there, too
    tolerance = 1e-4 if found.standard_error is None else 3 * float(np.sqrt((found.standard_error**2).sum()) * 4)
    assert found.values.sum() == pytest.approx(change, abs=tolerance * max(abs(change), 1))
    assert found.absolute_gap == pytest.approx(abs(found.values.sum(dtype=float) - change), abs=1e-5)


@pytest.mark.parametrize("steps", [1, 2, 8, 9, 30])
def test_conductance_of_a_sum_over_units_is_what_each_unit_adds(composed, steps, agreement):
    """With scores that are sums of functions of one unit each, the integral has a closed form on every path."""
    found = xai.Conductance(steps=steps, baseline="white")(composed, X, xai.Logit(2))

    def parts(x):
        z = composed.hidden(x[None])[0]
        return composed.outer[2] * z + composed.square[2] * z**2 / 2

    agreement("conductance", "closed form", found.values, parts(X) - parts(np.ones(4)))
    assert found.question.cut.layer == "hidden"
    assert found.gap < 1e-5


def test_conductance_at_the_input_is_integrated_gradients(composed):
    line = {"steps": 21, "baseline": 0.3}
    for distribution in (xai.Line(**line), xai.InputLine(**line)):
        found = xai.Influence(distribution=distribution, multiplier="change")(composed, X, xai.Logit(0))
        expected = xai.IntegratedGradients(**line)(composed, X, xai.Logit(0))
        np.testing.assert_allclose(found.values, expected.values, rtol=1e-5)
        assert found.evaluations == expected.evaluations == 22


def test_sensitivity_which_the_gradient_alone_has_not(polynomial):
    """x - x^2 / 2 rises by a half from 0 to 1, and is flat at 1."""
    model = polynomial(shape=(1,), outputs=1)
    model.linear, model.square = np.ones((1, 1)), -np.ones((1, 1))
    x = np.ones(1)
    assert xai.Saliency()(model, x, xai.Logit(0)).values == pytest.approx(0)
    assert xai.IntegratedGradients(steps=8)(model, x, xai.Logit(0)).values == pytest.approx(0.5)
    found = xai.ExpectedGradients(samples=500, baselines=0.0)(model, x, xai.Logit(0))
    assert abs(found.values[0] - 0.5) < 4 * found.standard_error[0]


@pytest.mark.parametrize("method", EVERYWHERE[:7], ids=repr)
def test_implementation_invariance(polynomial, method):
    """The same function with and without a layer in between that scales and reorders."""
    direct = polynomial(shape=(4,), outputs=3)
    scale, order = np.array([2.0, -0.5, 4.0, 1.0]), np.array([2, 0, 3, 1])
    inner = (scale[:, None] * np.eye(4))[order]
    outer, square = (direct.linear / scale)[:, order], (direct.square / scale**2)[:, order]
    layered = Composed(inner, np.zeros(4), outer, square)
    np.testing.assert_allclose(layered.scores(X), direct.scores(X))
    one, other = method(direct, X, xai.Logit(2)), method(layered, X, xai.Logit(2))
    np.testing.assert_allclose(one.values, other.values, rtol=1e-5)


@pytest.mark.parametrize("method", LINEAR, ids=repr)
def test_linearity(composed, method):
    for layer in at(method):
        one, other, both = (
            method(composed, X, quantity, layer=layer).values
            for quantity in (xai.Logit(0), xai.Logit(2), xai.Margin(0, 2))
        )
        np.testing.assert_allclose(both, one - other, atol=1e-5 * np.abs(both).max())


@pytest.mark.parametrize(
    "method", [xai.Saliency(), xai.InputXGradient(), xai.IntegratedGradients(steps=5), xai.Conductance(steps=5)]
)
def test_symmetry(composed, method):
    """Two inputs that may change places, with the same values, and two such units of the layer."""
    composed.inner = np.tile([[1.0, 1.0, 0.5, -0.2]], (5, 1))
    composed.bend = np.full(5, 0.3)
    composed.outer[:, 1], composed.square[:, 1] = composed.outer[:, 0], composed.square[:, 0]
    x = np.array([0.6, 0.6, 0.1, 0.9])
    for layer in at(method):
        values = method(composed, x, xai.Logit(1), layer=layer).values
        assert values[0] == pytest.approx(values[1], rel=1e-5)
        assert values[0] != pytest.approx(values[2], rel=1e-3)


@pytest.mark.parametrize("method", EVERYWHERE, ids=repr)
def test_dummy(composed, method):
    """What the scores do not depend on has no share."""
    composed.inner[:, 2] = 0
    composed.outer[:, 3] = composed.square[:, 3] = 0
    for layer, place in zip(at(method), [3] if method.needs_layer else [2, 3], strict=True):
        values = method(composed, X, xai.Logit(1), layer=layer).values
        assert values[place] == 0
        assert np.count_nonzero(values) == len(values) - 1
