"""Adversarial training in both frameworks, beside the attack and the losses written out in NumPy and SciPy."""

import dataclasses

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import entropy

import xai_course
from xai_course import adversarial, gloro, robust
from xai_course.adversarial import RECIPES
from xai_course.networks import BACKENDS
from xai_course.networks.architecture import MinMax, two_c_two_f
from xai_course.networks.weights import initial_weights

SMALL = two_c_two_f(MinMax, (8, 8, 1), 3)
WEIGHTS = initial_weights(SMALL, 0, "orthogonal")
RANDOM = np.random.default_rng(0)
X = RANDOM.uniform(size=(12, 8, 8, 1)).astype(np.float32)
Y = RANDOM.integers(0, 3, 12)
START = robust.in_ball(np.random.default_rng(1), X.shape, 0.5)


def trained(lab, recipe):
    network = lab.build(SMALL, WEIGHTS)
    adversarial.backend(lab.__name__.rpartition(".")[2]).train(network, X, Y, recipe, seed=2)
    return lab.weights_of(network)


def attacked(backend, recipe, start=START):
    lab, against = xai_course.backend(backend), adversarial.backend(backend)
    x, labels, at = (lab.tensor(one) for one in (lab.layout(X), Y, lab.layout(start)))
    found = np.asarray(against.attacked(lab.build(SMALL, WEIGHTS), x, labels, recipe, at))
    return np.moveaxis(found, 1, -1) if backend == "torch" else found


def losses(x, recipe):
    """Return the loss that is attacked, of each picture, by the logits of the network and SciPy."""
    lab = xai_course.backend("torch")
    network = lab.build(SMALL, WEIGHTS)
    here, there = (softmax(lab.predict(network, each).astype(float), axis=1) for each in (X, x))
    return entropy(here, there, axis=1) if recipe.loss == "trades" else -np.log(there[np.arange(len(Y)), Y])


@pytest.mark.parametrize("kind", RECIPES)
def test_the_attack_stays_near_and_raises_the_loss(kind):
    recipe = dataclasses.replace(RECIPES[kind], epsilon=0.5, steps=8)
    found = attacked("torch", recipe)
    assert found.min() >= 0
    assert found.max() <= 1
    assert np.sqrt(((found - X) ** 2).sum(axis=(1, 2, 3))).max() <= 0.5 + 1e-5
    chance = np.clip(X + START, 0, 1)
    assert (losses(found, recipe) > losses(chance, recipe)).all()
    further = [losses(attacked("torch", dataclasses.replace(recipe, epsilon=each)), recipe).mean() for each in (0.1, 1)]
    assert further[0] < losses(found, recipe).mean() < further[1]


@pytest.mark.parametrize("kind", RECIPES)
def test_the_twins_attack_and_learn_alike(kind):
    recipe = dataclasses.replace(RECIPES[kind], epsilon=0.5, epochs=4, batch=6)
    np.testing.assert_allclose(attacked("keras", recipe), attacked("torch", recipe), atol=1e-4)
    one, other = (trained(xai_course.backend(backend), recipe) for backend in BACKENDS)
    for name, value in one.items():
        np.testing.assert_allclose(other[name], value, atol=2e-3)
    assert any((value != WEIGHTS[name]).any() for name, value in one.items())


def test_with_no_room_for_the_attack_adversarial_training_is_the_standard_one():
    recipe = dataclasses.replace(RECIPES["adversarial"], epsilon=0.0, epochs=4, batch=6, last_rate=1e-6)
    lab = xai_course.backend("torch")
    plain = lab.build(SMALL, WEIGHTS)
    gloro.backend("torch").train(plain, X, Y, dataclasses.replace(gloro.STANDARD, epochs=4, batch=6), seed=2)
    for name, value in trained(lab, recipe).items():
        np.testing.assert_allclose(lab.weights_of(plain)[name], value, atol=1e-5)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_divergence_is_that_of_scipy(backend):
    lab = xai_course.backend(backend)
    one, other = RANDOM.normal(size=(2, 5, 4)).astype(np.float32)
    found = adversarial.backend(backend).divergence(lab.tensor(one), lab.tensor(other))
    assert float(found) == pytest.approx(entropy(softmax(one, axis=1), softmax(other, axis=1), axis=1).mean(), rel=1e-5)


def test_a_picture_is_moved_towards_its_target_as_far_as_allowed():
    lab, slopes = xai_course.backend("torch"), gloro.backend("torch")
    network = lab.build(SMALL, WEIGHTS)
    targets = (lab.predict(network, X).argmax(axis=1) + 1) % 3
    far = robust.towards(slopes.Gradients(network).margin, X, targets, epsilon=3)
    near = robust.towards(slopes.Gradients(network).margin, X, targets, epsilon=0.3)
    assert np.sqrt(((near - X) ** 2).sum(axis=(1, 2, 3))).max() <= 0.3 + 1e-5
    assert near.min() >= 0
    assert near.max() <= 1
    leads = [softmax(lab.predict(network, each), axis=1)[np.arange(12), targets] for each in (X, near, far)]
    assert (leads[0] < leads[1]).all()
    assert (leads[1] < leads[2]).all()
    assert (lab.predict(network, far).argmax(axis=1) == targets).mean() > 0.8


RESULTS = xai_course.results("attacked")
MEASURED = xai_course.results("digits")


def test_what_learnt_from_attacks_resists_them_and_promises_little():
    assert {(row["backend"], row["seed"]) for row in RESULTS["train"]} >= {("torch", 0), ("torch", 1), ("torch", 2)}
    assert {row["backend"] for row in RESULTS["train"]} == {"torch", "keras"}
    robust_ones = [row for row in MEASURED["networks"] if row["kind"] == "robust"]
    for row in RESULTS["train"]:
        assert row["vra"] <= row["pgd_accuracy"] <= row["accuracy"]
        assert row["pgd_accuracy"] > 0.97
        assert row["vra"] < 0.4
        assert row["near"] > max(one["near"] for one in robust_ones)


def test_what_an_attack_leaves_behind_is_learnt_and_random_labels_are_not():
    for row in RESULTS["features"]:
        assert 0.08 < row["labels right"] < 0.12
        assert (row["new"] < 0.2) == (row["attacked"] == "none")
        assert row["attacked"] == "none" or row["new"] > 0.5
