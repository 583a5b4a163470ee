"""Attacks against certificates and closed forms, and crispness against pictures whose answer is known."""

import numpy as np
import pytest

import xai_course
import xai_widgets as xai
from xai_course import gloro, robust
from xai_course.networks.architecture import Architecture, Dense, Flatten, MinMax
from xai_course.networks.weights import initial_weights

BACKENDS = ("torch", "keras")
LINEAR = Architecture("linear", (4, 4, 1), {"flatten": Flatten(), "dense1": Dense(3)})
DEEP = Architecture("deep", (6, 6, 1), {"flatten": Flatten(), "a": Dense(20), "m": MinMax(), "b": Dense(4)})


def prepared(backend, architecture, count=60):
    """A random network, pictures in the middle of the range, its margin and its answers."""
    lab = xai_course.backend(backend)
    network = lab.build(architecture, initial_weights(architecture, 0, "orthogonal"))
    x = np.random.default_rng(1).uniform(0.3, 0.7, (count, *architecture.input_shape)).astype(np.float32)
    logits = lab.predict(network, x)
    bounds = gloro.bounds_of(architecture, lab.weights_of(network))
    return lab, network, x, logits, bounds, gloro.backend(backend).Gradients(network).margin


@pytest.mark.parametrize("backend", BACKENDS)
def test_on_a_linear_network_the_attack_breaks_what_can_be_broken(backend):
    _, _, x, logits, bounds, margin = prepared(backend, LINEAR)
    distances = gloro.radii(logits, bounds)  # exact on a linear network
    epsilon = float(np.median(distances))
    found = robust.attack(margin, x, logits.argmax(axis=1), epsilon=epsilon, steps=60, restarts=1)
    broken = ~np.isnan(found).any(axis=(1, 2, 3))
    assert not (broken & (distances > epsilon)).any()
    assert broken[distances < 0.98 * epsilon].all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_the_attack_finds_is_near_in_range_and_of_another_class(backend):
    lab, network, x, logits, bounds, margin = prepared(backend, DEEP)
    answers = logits.argmax(axis=1)
    epsilon = 2 * float(np.median(gloro.radii(logits, bounds)))
    found = robust.attack(margin, x, answers, epsilon=epsilon, steps=30, restarts=2)
    broken = ~np.isnan(found).any(axis=(1, 2, 3))
    assert 0 < broken.sum() < len(x)
    away = np.sqrt(((found - x)[broken].astype(np.float64) ** 2).sum(axis=(1, 2, 3)))
    assert away.max() <= epsilon * (1 + 1e-5)
    assert found[broken].min() >= 0
    assert found[broken].max() <= 1
    assert (lab.predict(network, found[broken]).argmax(axis=1) != answers[broken]).all()
    assert not (broken & (gloro.radii(logits, bounds) > epsilon)).any()


def test_pictures_are_kept_in_the_range_of_values():
    """The way out of the class leads below zero, which no picture can follow."""

    def margin(x, labels):
        return x[:, 0, 0, 0] - x[:, 0, 1, 0] - 0.2, np.array([[[[1.0], [-1.0]]]], np.float32).repeat(len(x), axis=0)

    x = np.array([[[[0.0], [0.0]]], [[[0.0], [0.5]]]], np.float32)
    found = robust.attack(margin, x, np.zeros(2, np.int64), epsilon=0.3, steps=50, restarts=1)
    assert not np.isnan(found[0]).any()
    assert found[0, 0, 1, 0] == 0
    assert np.isnan(found[1]).all(), "0.7 to go, and at most 0.42 to be had"


def test_later_starts_find_what_the_first_does_not():
    """At the picture itself the slope is zero: only from beside it the way out is seen."""

    def margin(x, labels):
        offset = x[:, 0, 0, 0] - 0.5
        gradient = np.zeros_like(x)
        gradient[:, 0, 0, 0] = 2 * offset
        return offset**2 - 0.04, gradient

    x = np.full((1, 1, 2, 1), 0.5, np.float32)
    labels = np.zeros(1, np.int64)
    assert np.isnan(robust.attack(margin, x, labels, epsilon=0.3, restarts=1)).all()
    assert not np.isnan(robust.attack(margin, x, labels, epsilon=0.3, restarts=2)).any()


def test_the_librarys_own_attack_breaks_the_same_pictures():
    lab, network, x, logits, bounds, margin = prepared("torch", DEEP)
    epsilon = 1.5 * float(np.median(gloro.radii(logits, bounds)))
    ours = ~np.isnan(robust.attack(margin, x, logits.argmax(axis=1), epsilon=epsilon, steps=60)).any(axis=(1, 2, 3))
    model = xai.wrap(network, bounds=(0, 1), input_shape=(1, 6, 6))
    theirs = xai.ProjectedGradientDescent(epsilon=epsilon, steps=60, restarts=5)(model, lab.layout(x)).succeeded
    assert 5 < ours.sum() < 55
    assert (ours != theirs).sum() <= 2


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_robust_network_keeps_its_promises(backend):
    """100 steps and 5 restarts on digits that it has never seen: certified accuracy is at most that under attack."""
    weights = gloro.shipped_weights("robust")
    lab = xai_course.backend(backend)
    network = lab.build(gloro.MNIST.architecture, weights)
    digits = xai_course.load_digits()
    x, y = digits.x_test[:24], digits.y_test[:24]
    logits = lab.predict(network, x)
    answers, radii = logits.argmax(axis=1), gloro.radii(logits, gloro.bounds_of(gloro.MNIST.architecture, weights))
    epsilon = float(np.median(radii))
    margin = gloro.backend(backend).Gradients(network).margin
    broken = ~np.isnan(robust.attack(margin, x, answers, epsilon=epsilon)).any(axis=(1, 2, 3))
    assert (radii > epsilon).sum() > 0
    assert not (broken & (radii > epsilon)).any()
    correct = answers == y
    assert (correct & (radii > epsilon)).sum() <= (correct & ~broken).sum()


def test_a_gradient_that_is_even_everywhere_has_the_values_of_chance():
    x = xai_course.load_digits().x_test[:20]
    found = robust.crispness(x, np.ones_like(x))
    assert found.near == pytest.approx(found.near_area)
    assert found.on == pytest.approx(1)
    assert 0.2 < found.near_area < 0.8


def test_a_gradient_on_the_stroke_is_crisp():
    x = np.zeros((2, 9, 9, 1), np.float32)
    x[:, 4, 4] = 1
    x[1, 4, 4] = 0.3  # seen, but no stroke
    found = robust.crispness(x[:1], -2 * x[:1])
    assert (found.near, found.on, found.cosine) == pytest.approx((1, 81, 1))
    assert found.near_area == pytest.approx(25 / 81)
    beside = np.zeros((1, 9, 9, 1), np.float32)
    beside[0, 4, 6], beside[0, 4, 7] = 1, -3
    found = robust.crispness(x[:1], beside)
    assert (found.near, found.on, found.cosine) == pytest.approx((0.25, 0, 0))


def test_crispness_is_the_mean_over_pictures_however_many_are_measured_together(monkeypatch):
    x = xai_course.load_digits(train=1).x_test[:5]
    gradients = np.random.default_rng(0).normal(size=x.shape).astype(np.float32)
    alone = [vars(robust.crispness(x[i : i + 1], gradients[i : i + 1])) for i in range(5)]
    monkeypatch.setattr(robust, "PART", 2)
    found = vars(robust.crispness(x, gradients))
    assert found == pytest.approx({name: np.mean([one[name] for one in alone]) for name in found})


def test_the_gradients_are_those_that_the_library_explains():
    lab, network, x, _, _, _ = prepared("torch", DEEP, count=3)
    model = xai.wrap(network, bounds=(0, 1), input_shape=(1, 6, 6))
    expected = xai.Saliency()(model, lab.layout(x)).values
    found = gloro.backend("torch").Gradients(network).top(x)
    np.testing.assert_allclose(lab.layout(found), expected, atol=1e-6)
