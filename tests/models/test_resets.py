"""Copies of models whose layers forget what they learnt, in both frameworks."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.later import keras, layers


class Network(nn.Module):
    """A convolution, a batch norm, a parameter of its own, a block and a head."""

    def __init__(self):
        super().__init__()
        self.first, self.norm, self.token = nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Parameter(torch.randn(4))
        self.block, self.head = nn.Sequential(nn.Linear(4 * 36, 8), nn.ReLU()), nn.Linear(8, 3)
        self.norm.running_mean += 0.3
        self.norm.weight.data *= 2

    def forward(self, x):
        x = torch.relu(self.norm(self.first(x))) + self.token[:, None, None]
        return self.head(self.block(x.flatten(1)))


def torch_model():
    torch.manual_seed(0)
    return xai.wrap(Network().eval(), input_shape=(1, 8, 8)), ["first", "norm", "block.0", "head"]


def keras_model():
    keras.utils.set_random_seed(0)
    inner = keras.Sequential(
        [keras.Input((6, 6, 4)), layers.Flatten(), layers.Dense(8, activation="relu", name="inside")], name="block"
    )
    picture = keras.Input((8, 8, 1))
    y = layers.BatchNormalization(name="norm")(layers.Conv2D(4, 3, name="first")(picture))
    network = keras.Model(picture, layers.Dense(3, name="head")(inner(layers.ReLU()(y))))
    network.get_layer("norm").moving_mean.assign(np.full(4, 0.3))
    network.get_layer("norm").gamma.assign(np.full(4, 2.0))
    return xai.wrap(network), ["first", "norm", "inside", "head"]


@pytest.fixture(params=[torch_model, keras_model], ids=["torch", "keras"])
def made(request):
    model, layers = request.param()
    x = np.random.default_rng(0).uniform(size=(2, 8, 8, 1)).astype(np.float32)
    return model, layers, x.reshape(2, *model.input_shape)


def weights_of(model):
    if model.backend == "torch":
        return [one.detach().numpy().copy() for one in model.network.state_dict().values()]
    return [one.numpy() for one in model.network.weights]


def test_layers_with_weights_are_found_in_their_order(made):
    model, layers, _ = made
    assert model.resets().layers == layers


def test_the_network_itself_is_left_alone_and_so_are_random_numbers(made):
    model, _, x = made
    before, scores, state = weights_of(model), model.scores(x), torch.get_rng_state()
    model.randomised(seed=3)
    assert all(map(np.array_equal, before, weights_of(model)))
    np.testing.assert_array_equal(model.scores(x), scores)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_layer_is_reset_and_no_other(made):
    model, layers, _ = made
    for number, layer in enumerate(layers):
        other = model.randomised([layer])
        changed = [not np.array_equal(*pair) for pair in zip(weights_of(model), weights_of(other), strict=True)]
        assert any(changed)
        rest = model.randomised(layers[:number] + layers[number + 1 :])
        assert [one for one, also in zip(changed, weights_of(rest), strict=True) if one]
        apart = [not np.array_equal(*pair) for pair in zip(weights_of(model), weights_of(rest), strict=True)]
        assert not any(one and two for one, two in zip(changed, apart, strict=True)), layer


def test_statistics_of_batch_norms_are_what_they_begin_with(made):
    model, *_ = made
    network = model.randomised(["norm"]).network
    if model.backend == "torch":
        assert (network.norm.running_mean == 0).all()
        assert (network.norm.weight == 1).all()
    else:
        assert (network.get_layer("norm").moving_mean.numpy() == 0).all()
        assert (network.get_layer("norm").gamma.numpy() == 1).all()


def test_what_a_layer_is_reset_to_depends_on_seed_and_name_alone(made):
    model, _, x = made
    one, same, other = (model.randomised(["head"], seed=seed).scores(x) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
    resets = model.resets()
    resets.reset(["first"], 5)
    resets.restore()
    np.testing.assert_array_equal(resets.model.scores(x), model.scores(x))
    resets.reset(["head"], 1)
    np.testing.assert_array_equal(resets.model.scores(x), one)


def test_a_layer_stands_for_those_within_it(made):
    model, layers, x = made
    np.testing.assert_array_equal(model.randomised(["block"]).scores(x), model.randomised([layers[2]]).scores(x))


def test_the_weights_are_of_the_size_that_a_layer_begins_with(made):
    """Drawn from what the layer itself draws from when it is made, which bounds them."""
    model, *_ = made
    network = model.randomised(["head"]).network
    if model.backend == "torch":
        found, bound = network.head.weight.detach().numpy(), 1 / np.sqrt(8)
    else:
        found, bound = network.get_layer("head").kernel.numpy(), np.sqrt(6 / (8 + 3))
    assert np.abs(found).max() <= bound
    assert found.std() == pytest.approx(bound / np.sqrt(3), rel=0.35)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [(["nowhere"], "There is no layer 'nowhere' with weights"), ("head", "expected a list of names"), ([3], "a list")],
)
def test_what_is_no_layer_is_said(made, wrong, words):
    with pytest.raises((ValueError, TypeError), match=words):
        made[0].randomised(wrong)


def test_a_callable_has_no_layers_to_reset():
    model = xai.wrap(lambda x: x.flatten(1)[:, :3], backend="torch", input_shape=(1, 8, 8))
    with pytest.raises(ValueError, match="No layer with weights can be reached"):
        model.randomised()
