"""What a concept does to a class, on networks whose answer is a product that can be written down."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression, Ridge
from torch import nn

import xai_widgets as xai

COUNT, WIDTH = 14, 6
RANDOM = np.random.default_rng(8)
PLAIN = RANDOM.normal(size=(COUNT, WIDTH)).astype(np.float32)
PAINTED = RANDOM.normal(size=(COUNT - 3, WIDTH)).astype(np.float32) + np.float32([1, -0.5, 0, 0.3, 2, 0])
X = RANDOM.normal(size=(9, WIDTH)).astype(np.float32)
ADDED = PAINTED.mean(axis=0) - PLAIN.mean(axis=0)


@pytest.fixture
def concept():
    return xai.Concept("painted", PAINTED, counterpart=PLAIN)


@pytest.fixture(scope="module")
def linear():
    """A layer that hands the inputs on, and a head: an input is its own activation."""
    torch.manual_seed(1)
    network = nn.Sequential()
    network.add_module("same", nn.Identity())
    network.add_module("head", nn.Linear(WIDTH, 3))
    return xai.wrap(network.eval(), bounds=None, input_shape=(WIDTH,), outputs="logits", classes=["a", "b", "c"])


@pytest.fixture(scope="module")
def bent():
    """Two layers with rectifiers between them, so that the gradient is another one at each input."""
    torch.manual_seed(2)
    network = nn.Sequential()
    for name, layer in [("same", nn.Identity()), ("hidden", nn.Linear(WIDTH, 8)), ("relu", nn.ReLU())]:
        network.add_module(name, layer)
    network.add_module("head", nn.Linear(8, 3, bias=False))
    return xai.wrap(network.eval(), bounds=None, input_shape=(WIDTH,), outputs="logits", classes=["a", "b", "c"])


def gradients(model, x, target):
    network, points = model.network, torch.from_numpy(x).requires_grad_()
    return torch.autograd.grad(network(points)[:, target].sum(), points)[0].numpy().astype(float)


def test_the_effect_behind_a_linear_head_is_the_true_change(agreement, linear, concept):
    found = xai.TCAV(concept, "same", runs=20)(linear, X, xai.Logit("b"))
    weights = linear.network.head.weight.detach().numpy()[1].astype(float)
    agreement("tcav", "closed form", found.sensitivities, np.full(len(X), weights @ ADDED))
    agreement("tcav", "closed form", found.effect, weights @ ADDED)
    assert found.true_change == pytest.approx(found.effect, rel=1e-5)
    assert found.sign_score == float(weights @ ADDED > 0)
    assert set(found.random_sign_scores) <= {0.0, 1.0}
    assert found.sign_p_value == 1
    assert "so that they say nothing" in repr(found)
    np.testing.assert_allclose(found.direction, ADDED, atol=1e-6)
    steered = linear.with_direction("same", found.direction)
    assert (steered.scores(X) - linear.scores(X))[:, 1] == pytest.approx(np.full(len(X), found.effect), rel=1e-4)
    shifted = (X + ADDED).astype(np.float32)
    assert found.gain(shifted) == pytest.approx(found.effect, rel=1e-4)


def test_one_rectifier_alone_that_is_on(agreement):
    network = nn.Sequential(nn.Identity(), nn.Linear(WIDTH, 2), nn.ReLU(), nn.Linear(2, 2)).eval()
    with torch.no_grad():
        network[1].bias[:] = torch.tensor([50.0, -50.0])
    model = xai.wrap(network, bounds=None, input_shape=(WIDTH,), outputs="logits")
    found = xai.TCAV(xai.Concept("c", PAINTED, counterpart=PLAIN), "0", runs=3)(model, X, xai.Logit(1))
    first, last = (network[place].weight.detach().numpy().astype(float) for place in (1, 3))
    agreement("tcav", "closed form", found.sensitivities, np.full(len(X), last[1, 0] * (first[0] @ ADDED)))


@pytest.mark.parametrize("penalty", [0.3, 5.0])
@pytest.mark.parametrize("classifier", ["ridge", "logistic"])
def test_normals_are_those_of_scikit_learn(agreement, bent, concept, classifier, penalty):
    found = xai.TCAV(concept, "same", runs=1, classifier=classifier, penalty=penalty)(bent, X, xai.Logit(1))
    both = np.concatenate([PAINTED, PLAIN]).astype(float)
    both = (both - both.mean(axis=0)) / np.sqrt(((both - both.mean(axis=0)) ** 2).sum(axis=1).mean())
    sides = np.repeat([1, -1], [len(PAINTED), len(PLAIN)])
    one = Ridge(alpha=penalty) if classifier == "ridge" else LogisticRegression(C=1 / penalty, tol=1e-10, max_iter=1000)
    normal = one.fit(both, sides).coef_.ravel()
    normal /= np.linalg.norm(normal)
    agreement("tcav", "scikit-learn", found.direction, (normal @ ADDED) * normal)
    agreement("tcav", "scikit-learn", found.sensitivities, gradients(bent, X, 1) @ normal * (normal @ ADDED))


def test_random_splits_and_draws_are_written_out(bent, concept):
    found = xai.TCAV(concept, "same", runs=6, seed=5)(bent, X, xai.Logit(2))
    both, slopes = np.concatenate([PAINTED, PLAIN]).astype(float), gradients(bent, X, 2)
    sides, many = np.arange(len(both)) < len(PAINTED), len(PAINTED)
    for number in range(6):
        random = np.random.default_rng((5, number))
        drawn = [random.choice(many, many), many + random.choice(len(PLAIN), len(PLAIN))]
        step = both[drawn[0]].mean(axis=0) - both[drawn[1]].mean(axis=0)
        assert found.draws[number] == pytest.approx((slopes @ step).mean(), rel=1e-5)
        dealt = random.permutation(sides)
        said = slopes @ (both[dealt].mean(axis=0) - both[~dealt].mean(axis=0))
        assert found.random[number] == pytest.approx(said.mean(), rel=1e-4)
        assert found.random_sign_scores[number] == pytest.approx((said > 0).mean())
    assert found.standard_error == pytest.approx(np.std(found.draws, ddof=1))
    assert found.p_value == (1 + (np.abs(found.random) >= abs(found.effect)).sum()) / 7


def test_a_concept_that_is_none_is_seldom_significant(linear):
    """Both sides from one distribution: p is uniform, so that it lies below .2 a fifth of the time."""
    random, low = np.random.default_rng(0), 0
    for _ in range(200):
        sides = random.normal(size=(2, 8, WIDTH)).astype(np.float32)
        concept = xai.Concept("nothing", sides[0], counterpart=sides[1])
        low += xai.TCAV(concept, "same", runs=39)(linear, X[:1], xai.Logit(0)).p_value <= 0.2
    assert 24 <= low <= 56


def test_runs_nest_and_the_cloud_grows(bent, concept):
    few = xai.TCAV(concept, "same", runs=10)(bent, X, xai.Logit(1))
    steps = list(xai.TCAV(concept, "same", runs=30).stream(bent, X, xai.Logit(1)))
    np.testing.assert_array_equal(steps[-1].random[:10], few.random)
    np.testing.assert_array_equal(steps[-1].draws[:10], few.draws)
    assert [len(one.random) for one in steps] == sorted({len(one.random) for one in steps})
    assert len({one.effect for one in steps}) == 1
    assert [one.final for one in steps] == [False] * (len(steps) - 1) + [True]
    assert steps[-1].evaluations == steps[-1].planned == len(X) + len(PLAIN) + len(PAINTED)


def test_one_direction_for_all_places():
    """The mean of each unit over its places is what counts, and what is added is added at all of them."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 3, 3), nn.Tanh(), nn.Flatten(), nn.Linear(48, 2)).eval()
    model = xai.wrap(network, input_shape=(1, 6, 6))
    plain, painted, x = np.random.default_rng(4).uniform(size=(3, 5, 1, 6, 6)).astype(np.float32)
    concept = xai.Concept("c", painted[:4], counterpart=plain)
    found = xai.TCAV(concept, "1", runs=4, places="mean")(model, x, xai.Logit(1))
    units = model.at("1").activations(np.concatenate([painted[:4], plain])).mean(axis=(2, 3))
    np.testing.assert_allclose(found.direction, units[:4].mean(axis=0) - units[4:].mean(axis=0), atol=1e-6)
    near, far = model.with_direction("1", found.direction, 0.01), model.with_direction("1", found.direction, -0.01)
    slopes = (near.scores(x) - far.scores(x))[:, 1] / 0.02
    np.testing.assert_allclose(found.sensitivities, slopes, atol=1e-3)
    assert xai.TCAV(concept, "1", runs=4)(model, x, xai.Logit(1)).direction.shape == (3, 4, 4)


def test_a_single_input_single_examples_and_a_class_for_each_input(bent):
    alone = xai.Concept("alone", PAINTED[:1], counterpart=PLAIN[:1])
    found = xai.TCAV(alone, "same", runs=4)(bent, X[0], xai.Logit(1))
    assert found.sensitivities.shape == (1,)
    assert np.isnan(found.standard_error)
    assert found.p_value == 1  # One split is the concept itself, the other its opposite.
    assert found.effect == pytest.approx(gradients(bent, X[:1], 1)[0] @ (PAINTED[0] - PLAIN[0]), rel=1e-4)
    assert len(set(bent.scores(X).argmax(axis=1))) > 1
    each = xai.TCAV(alone, "same", runs=4)(bent, X)
    assert np.isnan(each.true_change)
    assert np.isfinite(each.sensitivities).all()


def test_words_may_be_examples():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Embedding(5, 3), nn.Flatten(), nn.Linear(6, 2)).eval()
    reader = xai.wrap(network, input_shape=(2,), vocabulary=["<pad>", "a", "film", "fine", "dull"])
    fine = xai.Concept("fine", ["fine film", "a fine"], counterpart=["a film", "film a"])
    found = xai.TCAV(fine, "0", runs=3)(reader, ["a film"], xai.Logit(0))
    assert found.true_change == pytest.approx(found.effect, rel=1e-4)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"concept": "painted"}, TypeError, "concept is 'painted'"),
        ({"concept": xai.Concept("c", PAINTED)}, ValueError, "has no counterpart"),
        ({"concept": xai.Concept("c", PAINTED[0], counterpart=PLAIN)}, ValueError, "holds a single input"),
        ({"concept": xai.Concept("c", PAINTED[:, :4], counterpart=PLAIN)}, ValueError, "shape"),
        ({"concept": xai.Concept("c", PAINTED * np.nan, counterpart=PLAIN)}, ValueError, "NaN"),
        ({"concept": xai.Concept("c", PLAIN, counterpart=PLAIN)}, ValueError, "puts out the same"),
        ({"layer": "nowhere"}, ValueError, "no layer 'nowhere'"),
        ({"layer": None}, TypeError, "layer is None"),
        ({"runs": 0}, ValueError, "runs is 0"),
        ({"classifier": "forest"}, ValueError, "'difference' or 'ridge'"),
        ({"x": X[:, :2]}, ValueError, "shape"),
        ({"quantity": xai.Unit("same", (0,))}, ValueError, "an earlier layer"),
        ({"quantity": xai.Unit("same", (0,)), "layer": "relu"}, ValueError, "does not depend on"),
        ({"quantity": "a"}, TypeError, "expected a quantity"),
        ({"model": "network"}, TypeError, "wrap"),
    ],
)
def test_what_does_not_fit_is_said(bent, concept, change, error, words):
    given = {"concept": concept, "layer": "same", "runs": 2, "x": X, "quantity": xai.Logit(0), "model": bent, **change}
    asked = [given.pop(name) for name in ("model", "x", "quantity")]
    with pytest.raises(error, match=words):
        xai.TCAV(given.pop("concept"), given.pop("layer"), **given)(*asked)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((3, PAINTED), TypeError, "name is 3"),
        (("", PAINTED), TypeError, "name is ''"),
        (("c", None), TypeError, "examples is None"),
        (("c", "one text"), TypeError, "examples is 'one text'"),
        (("c", []), ValueError, "holds no inputs"),
        (("c", PAINTED, PLAIN[:0]), ValueError, "counterpart of 'c' holds no inputs"),
        (("c", PAINTED, 5), TypeError, "counterpart is 5"),
    ],
)
def test_what_is_no_concept_is_said(arguments, error, words):
    with pytest.raises(error, match=words):
        xai.Concept(*arguments)
