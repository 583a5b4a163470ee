"""The networks are the same function in both frameworks."""

import itertools
import subprocess
import sys

import numpy as np
import pytest

import xai_course
from xai_course.networks.weights import batches, initial_weights, rewritten


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(1).uniform(0, 1, (6, 28, 28, 1)).astype(np.float32)


@pytest.fixture(scope="module")
def weights():
    """Weights with biases, so that a forgotten bias shows."""
    generator = np.random.default_rng(2)
    return {name: generator.normal(0, 0.2, value.shape).astype(np.float32) for name, value in initial_weights().items()}


@pytest.fixture(params=["torch", "keras"])
def lab(request):
    return xai_course.backend(request.param)


def test_the_twins_agree(weights, pictures):
    scores = [lab.predict(lab.digit_network(weights), pictures) for lab in map(xai_course.backend, ("torch", "keras"))]
    assert np.ptp(scores[0]) > 1
    np.testing.assert_allclose(scores[1], scores[0], atol=1e-4)


def test_weights_come_back_as_they_went_in(lab, weights):
    found = lab.weights_of(lab.digit_network(weights))
    assert found.keys() == weights.keys()
    for name, value in weights.items():
        np.testing.assert_array_equal(found[name], value)


def test_weights_of_a_network_are_a_copy(lab):
    network = lab.digit_network()
    lab.weights_of(network)["conv1.weight"][:] = 0
    assert np.abs(lab.weights_of(network)["conv1.weight"]).max() > 0


def test_layers_have_the_same_names():
    torch_names = [name for name, _ in xai_course.backend("torch").digit_network().named_children()]
    assert [layer.name for layer in xai_course.backend("keras").digit_network().layers] == torch_names


def test_rewriting_changes_every_weight_and_no_score(lab, weights, pictures):
    other = rewritten(weights)
    for name in ("conv1.weight", "conv2.weight", "dense1.weight", "dense2.weight"):
        assert np.abs(other[name] - weights[name]).max() > 0.1
    before, after = (lab.predict(lab.digit_network(w), pictures) for w in (weights, other))
    np.testing.assert_allclose(after, before, atol=1e-3)


def test_training_learns_and_is_repeatable(lab):
    generator = np.random.default_rng(0)
    y = generator.integers(0, 10, 200)
    x = generator.uniform(0, 0.2, (200, 28, 28, 1)).astype(np.float32)
    x[np.arange(200), 2 * y + 3] += 0.8  # a bright row for each class
    networks = [lab.digit_network(seed=0) for _ in range(2)]
    assert (lab.predict(networks[0], x).argmax(axis=1) == y).mean() < 0.5
    for network in networks:
        lab.train(network, x, y, steps=40, batch=50)
    assert (lab.predict(networks[0], x).argmax(axis=1) == y).mean() > 0.9
    one, other = map(lab.weights_of, networks)
    for name, value in one.items():
        np.testing.assert_allclose(other[name], value, atol=1e-5)


def test_training_leaves_the_number_of_threads(pictures):
    import torch

    lab = xai_course.backend("torch")
    threads = torch.get_num_threads()
    lab.train(lab.digit_network(), pictures, np.arange(6), steps=1, batch=3)
    assert torch.get_num_threads() == threads


def test_layout_is_the_frameworks_own(pictures):
    assert xai_course.backend("torch").layout(pictures).shape == (6, 1, 28, 28)
    assert xai_course.backend("torch").layout(pictures[0]).shape == (1, 28, 28)
    assert xai_course.backend("keras").layout(pictures).shape == (6, 28, 28, 1)


def test_every_epoch_shows_every_picture_once():
    drawn = np.concatenate(list(batches(10, 4, 5, seed=0)))
    assert sorted(drawn[:10]) == sorted(drawn[10:]) == list(range(10))
    assert list(drawn[:10]) != list(drawn[10:])


def test_batches_may_be_larger_than_the_data():
    sizes = [len(index) for index in itertools.islice(batches(3, 8, 4, seed=0), 4)]
    assert sizes == [8] * 4


def test_the_environment_chooses_the_backend(monkeypatch):
    monkeypatch.setenv("XAI_BACKEND", "keras")
    assert xai_course.backend().FRAMEWORK == "Keras"
    monkeypatch.delenv("XAI_BACKEND")
    assert xai_course.backend().FRAMEWORK == "PyTorch"
    with pytest.raises(ValueError, match="expected 'torch' or 'keras'"):
        xai_course.backend("jax")


@pytest.mark.parametrize(("chosen", "absent"), [("torch", "tensorflow"), ("keras", "torch")])
def test_a_kernel_loads_one_framework_and_prints_nothing(chosen, absent):
    code = f"import sys, xai_course; xai_course.backend({chosen!r}); assert {absent!r} not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_importing_the_course_loads_no_framework():
    code = "import sys, xai_course; assert not {'torch', 'tensorflow', 'keras'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
