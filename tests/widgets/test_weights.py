"""A network that learns while it is looked at: what is remembered, shown and returned is of the present weights."""

import io

import keras
import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import xai_widgets as xai
from xai_widgets.widgets.weights import Weights

EACH_PASS = []
"""What is done with each pass of the network; no part of it, since what a network is set to is looked at."""


class Sure(nn.Module):
    """So sure of its answer that its probabilities are the same whatever its gradients are."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.linspace(-1, 1, 3 * 16 * 16))
        self.offset = nn.Parameter(torch.tensor([60.0, -60.0]))

    def __deepcopy__(self, memo):
        return self

    def forward(self, x):
        for call in EACH_PASS:
            call()
        score = x.flatten(1) @ self.weight
        return torch.stack([score, -score], dim=1) + self.offset


@pytest.fixture
def sure():
    network = Sure()
    yield network, xai.wrap(network, input_shape=(3, 16, 16), classes=["yes", "no"])
    EACH_PASS.clear()


def learn(network, factor=2.0):
    with torch.no_grad():
        network.weight.mul_(factor)


def expected(network):
    """The map of saliency: on one class the gradient is the weight, of the channel where it is largest."""
    planes = network.weight.detach().numpy().reshape(3, 16, 16)
    return np.take_along_axis(planes, np.abs(planes).argmax(axis=0)[None], axis=0)[0]


def expected_way(network, x):
    """The map of integrated gradients from black: the weight times the input, summed over channels."""
    return (network.weight.detach().numpy().reshape(3, 16, 16) * x).sum(axis=0)


def test_a_confident_network_that_learned_is_asked_again(explorers, sure, images):
    network, model = sure
    widget, browser = explorers(model, images, method="saliency", target="yes")
    np.testing.assert_allclose(widget.result.map, expected(network))
    before = model.probabilities(np.zeros((3, 16, 16)))
    learn(network)
    np.testing.assert_array_equal(model.probabilities(np.zeros((3, 16, 16))), before)
    np.testing.assert_allclose(widget.result.map, expected(network))
    np.testing.assert_allclose(browser.maps()[-1], expected(network), err_msg="the last frame is that of the result")


def test_what_is_remembered_of_another_picture_is_forgotten(explorers, sure, images):
    network, model = sure
    _widget, browser = explorers(model, images, method="saliency", target="yes")
    browser.finish()
    browser.request(index=1)
    browser.finish()
    learn(network)
    browser.request(index=0)
    browser.finish()
    np.testing.assert_allclose(browser.maps()[-1], expected(network))


def test_a_page_that_opens_sees_the_present_weights(explorers, sure, images):
    network, model = sure
    _widget, browser = explorers(model, images, method="saliency", target="yes")
    browser.finish()
    learn(network)
    browser.send({"type": "hello"})
    browser.finish()
    np.testing.assert_allclose(browser.maps()[-1], expected(network))


def test_the_static_image_is_of_the_present_weights(explorers, sure, images):
    network, model = sure
    widget, browser = explorers(model, images, method="saliency", target="yes")
    browser.finish()

    def pixels():
        return np.asarray(Image.open(io.BytesIO(widget._repr_png_())))

    before = pixels()
    with torch.no_grad():
        network.weight[:] = network.weight.flip(0)
    assert (pixels() != before).any()
    np.testing.assert_allclose(browser.maps()[-1], expected(network))


def test_cells_that_were_shown_before_the_change_was_seen_are_shown_anew(sure, images):
    network, model = sure
    widget = xai.grid(model, images, methods=["saliency", xai.IntegratedGradients(steps=4)], target="yes")
    for _ in range(2):
        found = widget.result
        np.testing.assert_allclose(found["Saliency"].map, expected(network))
        change = model.scores(found["Saliency"].question.batch)[0, 0] - model.scores(np.zeros((3, 16, 16)))[0, 0]
        assert found["Integrated gradients"].values.sum() == pytest.approx(change, rel=1e-4)
        learn(network)
    widget.close()


def test_weights_that_change_while_it_is_computed_begin_it_anew(explorers, sure, images):
    network, model = sure
    widget, browser = explorers(model, images, method="saliency", target="yes")
    browser.finish()
    passes = []

    def once():
        passes.append(1)
        if len(passes) == 6:
            learn(network, 3.0)

    EACH_PASS.append(once)
    widget.set(method="smoothgrad", samples=64)
    browser.finish()
    EACH_PASS.clear()
    last = browser.frames[-1]
    assert last["final"]
    np.testing.assert_allclose(browser.maps()[-1], expected(network), rtol=1e-5)
    np.testing.assert_allclose(widget.result.map, expected(network), rtol=1e-5)


def test_the_class_on_top_is_found_again_once_the_network_has_learned(explorers, sure, images):
    network, model = sure
    widget, _browser = explorers(model, images, method="integrated_gradients", steps=4)
    asked = widget.result.question
    widget.set(steps=6)
    assert widget.result.question is asked, "the same question of the same weights is asked once"
    with torch.no_grad():
        network.offset.neg_()
    widget.set(steps=7)
    found = widget.result
    assert found.question.objective.weights.argmax() == 1
    assert found.score == pytest.approx(model.scores(widget.result.question.batch)[0, 1])
    np.testing.assert_allclose(found.map, -expected_way(network, found.question.batch[0]), rtol=1e-4, atol=1e-6)


def test_who_trains_without_an_end_is_told(explorers, sure, images):
    network, model = sure
    widget, browser = explorers(model, images, method="saliency", target="yes")
    browser.finish()
    EACH_PASS.append(lambda: learn(network, 1.01))
    learn(network)
    with pytest.raises(ValueError, match="weights of the model change while it is explained"):
        _ = widget.result
    EACH_PASS.clear()
    np.testing.assert_allclose(widget.result.map, expected(network))


def test_the_attacker_looks_at_the_weights_too(attackers, sure, images):
    network, model = sure
    widget, browser = attackers(model, images)
    first = widget.result
    learn(network)
    second = widget.result
    np.testing.assert_allclose(second.explanation_before.map, expected(network))
    assert not np.allclose(first.explanation_before.map, second.explanation_before.map)
    assert browser.frames[-1]["final"]


def test_whoever_remembers_is_told_once(model, net):
    weights, told = Weights({"": model}), []
    weights.tell(lambda: told.append(1))
    before = weights.look("")
    assert (told, weights.look("")) == ([], before)
    with torch.no_grad():
        net[-1].bias += 1
    for _ in range(2):
        assert weights.look("") != before
    assert told == [1]


def torch_network():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 8), nn.Tanh(), nn.Linear(8, 3))
    return network, lambda: xai.wrap(network, input_shape=(3, 16, 16))


def tensorflow_network():
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Flatten(), keras.layers.Dense(8, "tanh"), keras.layers.Dense(3)]
    network = keras.Sequential([keras.Input((16, 16, 3)), *layers])
    return network, lambda: xai.wrap(network)


def scale(network, by):
    if isinstance(network, nn.Module):
        for parameter in network.parameters():
            parameter.data.mul_(by)  # which counts no change
    else:
        network.set_weights([by * weights for weights in network.get_weights()])


@pytest.mark.parametrize("make", [torch_network, tensorflow_network])
def test_each_framework_forgets_and_finds_again_what_was_known_of_other_weights(explorers, images, make):
    network, wrap = make()
    explorer, browser = explorers(wrap(), images, steps=8)
    before = explorer.result
    scale(network, 2)
    again, _ = explorers(wrap(), images, steps=8)
    np.testing.assert_allclose(explorer.result.map, again.result.map, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(browser.maps()[-1], again.result.map, rtol=1e-4, atol=1e-5)
    assert not np.allclose(explorer.result.map, before.map, rtol=0.1)
    scale(network, 0.5)
    assert explorer.result is before, "the answer of these weights is kept"


def test_what_failed_is_asked_again(explorers, sure, images):
    _network, model = sure

    def fail():
        raise MemoryError("no room")

    explorer, browser = explorers(model, images, steps=8)
    browser.finish()
    EACH_PASS.append(fail)
    explorer.method = "saliency"
    with pytest.raises(ValueError, match="no room"):
        _ = explorer.result
    EACH_PASS.clear()
    assert np.isfinite(explorer.result.map).all()
