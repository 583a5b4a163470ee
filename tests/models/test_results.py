"""Networks whose result is a dict, a tuple or an object: which tensor of it is explained, with all layers in reach."""

import copy
import dataclasses
import pickle
from collections import OrderedDict, namedtuple
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.later import keras, layers
from xai_widgets.errors import InputError, InputTypeError, UnsupportedModelError

SHAPE = (1, 8, 8)


class ModelOutput(OrderedDict):
    """As in transformers: a dict by name, attributes too, and a sequence only by index."""

    def __getattr__(self, name):
        if name in self:
            return OrderedDict.__getitem__(self, name)
        raise AttributeError(name)

    def __getitem__(self, key):
        return OrderedDict.__getitem__(self, key) if isinstance(key, str) else tuple(self.values())[key]


Pair = namedtuple("Pair", ["logits", "aux"])


@dataclasses.dataclass
class Found:
    features: torch.Tensor
    logits: torch.Tensor


class Headed(nn.Module):
    def __init__(self, end):
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.head, self.aux, self.end = nn.Conv2d(1, 6, 3), nn.Linear(6, 4), nn.Linear(6, 3), end

    def forward(self, x):
        z = self.conv(x).relu()
        return self.end(self.head(z.mean((2, 3))), self.aux(z.mean((2, 3))), z)


def both(a, b, z):
    return {"logits": a, "aux": b}


@pytest.fixture
def x():
    return np.random.default_rng(1).random((2, *SHAPE), np.float32)


RESULTS = {
    "the only one": (lambda a, b, z: {"features": z, "logits": a}, None, 4, "'logits' of dict"),
    "of a ModelOutput": (lambda a, b, z: ModelOutput(logits=a, hidden=(z, z)), None, 4, "'logits' of ModelOutput"),
    "a key": (lambda a, b, z: ModelOutput(logits=a, aux=b), "aux", 3, "'aux' of ModelOutput"),
    "its first field": (lambda a, b, z: ModelOutput(logits=a, aux=b), 0, 4, "0 of ModelOutput"),
    "a number": (lambda a, b, z: (a, b), 1, 3, "1 of tuple"),
    "a named tuple": (lambda a, b, z: Pair(a, b), "aux", 3, "'aux' of Pair"),
    "a dataclass": (lambda a, b, z: Found(z, a), None, 4, "'logits' of Found"),
    "a field by number": (lambda a, b, z: Found(z, a), 1, 4, "1 of Found"),
    "an attribute": (lambda a, b, z: SimpleNamespace(logits=a, size=3), None, 4, "'logits' of SimpleNamespace"),
    "a path": (lambda a, b, z: {"heads": [a, b]}, ("heads", 1), 3, r"\('heads', 1\) of dict"),
    "not the labels": (lambda a, b, z: (a.argmax(1), a), None, 4, "1 of tuple"),
}


@pytest.mark.parametrize("name", RESULTS)
def test_the_tensor_is_taken_and_its_layers_stay_in_reach(name, x):
    end, output, count, said = RESULTS[name]
    net = Headed(end)
    model = xai.wrap(net, input_shape=SHAPE, output=output)
    assert model.output_count == count
    assert {"conv", "head" if count == 4 else "aux"} <= {*model.layers}
    assert f"output {said}".replace("\\", "") in repr(model)
    inputs = torch.tensor(x, requires_grad=True)
    z = net.conv(inputs)
    logits = (net.head if count == 4 else net.aux)(z.relu().mean((2, 3)))
    (expected,) = torch.autograd.grad(logits[:, 2].sum(), inputs, retain_graph=True)
    np.testing.assert_allclose(model.scores(x), logits.detach(), atol=1e-6)
    np.testing.assert_allclose(xai.Saliency()(model, x, xai.Logit(2)).values, expected, atol=1e-6)
    (slopes,) = torch.autograd.grad(logits[:, 2].sum(), z)
    cam = (slopes.mean((2, 3), keepdim=True) * z).sum(1).relu().detach()
    np.testing.assert_allclose(xai.GradCam()(model, x, xai.Logit(2), layer="conv").map, cam, atol=1e-6)


def test_a_softmax_at_the_end_is_left_out_and_training_and_settings_are_followed(x):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.head, self.softmax = nn.Conv2d(1, 6, 3), nn.Linear(6, 4), nn.Softmax(dim=1)

        def forward(self, x):
            return {"probabilities": self.softmax(self.head(self.conv(x).mean((2, 3))))}

    net = Net()
    model = xai.wrap(net, input_shape=SHAPE)
    np.testing.assert_allclose(model.scores(x), net.head(net.conv(torch.tensor(x)).mean((2, 3))).detach(), atol=1e-6)
    before = model.fingerprint()
    net.conv.stride = (2, 2)
    np.testing.assert_allclose(model.scores(x), net.head(net.conv(torch.tensor(x)).mean((2, 3))).detach(), atol=1e-6)
    with torch.no_grad():
        net.head.bias.add_(1)
    np.testing.assert_allclose(model.scores(x), net.head(net.conv(torch.tensor(x)).mean((2, 3))).detach(), atol=1e-6)
    assert model.fingerprint() != before


def test_a_model_that_is_copied_or_pickled_takes_the_same(x):
    model = xai.wrap(Headed(both), input_shape=SHAPE, output="aux")
    for again in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(again.scores(x), model.scores(x))
        assert "output 'aux' of dict" in repr(again)


def test_a_callable_too(x):
    net = Headed(both).eval()
    model = xai.wrap(lambda x: net(x), backend="torch", input_shape=SHAPE, output="aux")
    np.testing.assert_allclose(model.scores(x), net(torch.tensor(x))["aux"].detach(), atol=1e-6)


REFUSED = {
    "several": (both, None, UnsupportedModelError, r"output='logits'\).*'logits' \(4, 4\), 'aux' \(4, 3\)"),
    "several maps": (lambda a, b, z: (z, z), None, UnsupportedModelError, r"output=0\).*0 \(4, 6, 6, 6\), 1 \(4,"),
    "none": (lambda a, b, z: None, None, UnsupportedModelError, r"puts out None; expected a tensor of scores"),
    "no scores": (lambda a, b, z: {"ids": a.argmax(1)}, None, UnsupportedModelError, r"'ids' \(4,\)"),
    "no such key": (both, "logit", InputError, r"no output 'logit'.*'logits', 'aux'.*'logits' \(4, 4\)"),
    "no such number": (both, 7, InputError, "no output 7"),
    "no tensor": (lambda a, b, z: {"a": (a, b)}, "a", InputError, r"is a tuple of 2; expected one tensor.*\('a', 0\)"),
    "one tensor": (lambda a, b, z: a, 0, InputError, r"one tensor of shape \(4, 4\); leave output out"),
    "no name": (both, 1.5, InputTypeError, "output is 1.5; expected a key"),
    "no truth": (both, True, InputTypeError, "output is True; expected a key"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_clear_is_refused_with_the_call_to_write(name):
    end, output, error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        xai.wrap(Headed(end), input_shape=SHAPE, output=output)


def keras_parts():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((8, 8, 1))
    z = layers.Conv2D(6, 3, activation="relu", name="conv")(inputs)
    pooled = layers.GlobalAveragePooling2D(name="pool")(z)
    head = layers.Dense(4, activation="softmax", name="head")(pooled)
    return inputs, z, head, layers.Dense(3, name="aux")(pooled)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # when Keras copies its variables
@pytest.mark.parametrize(
    ("made", "output", "layer", "said"),
    [
        (lambda z, a, b: [a, b], 1, "aux", "output 1 of"),
        (lambda z, a, b: [a, b], "head", "head", "output 'head' of"),
        (lambda z, a, b: {"x": a, "y": b}, "y", "aux", "output 'y' of dict"),
        (lambda z, a, b: {"x": a}, None, "head", "output 'x' of dict"),
        (lambda z, a, b: [z, a], None, "head", "output 'head' of"),
    ],
)
def test_keras_networks_of_several_outputs(made, output, layer, said, x):
    x = x.transpose(0, 2, 3, 1)
    inputs, z, head, aux = keras_parts()
    network = keras.Model(inputs, made(z, head, aux))
    model = xai.wrap(network, output=output)
    # The oracle is a network of that one output, which Keras makes of the same layers.
    alone = xai.wrap(keras.Model(inputs, aux if layer == "aux" else head))
    assert model.layers == alone.layers
    assert said in repr(model)
    assert model.outputs == "logits"
    np.testing.assert_allclose(model.scores(x), alone.scores(x), atol=1e-6)
    found, expected = (xai.GradCam()(one, x, xai.Logit(2), layer="conv").map for one in (model, alone))
    np.testing.assert_allclose(found, expected, atol=1e-6)
    again = copy.deepcopy(model)
    np.testing.assert_allclose(again.scores(x), alone.scores(x), atol=1e-6)
    network.get_layer("conv").activation = keras.activations.linear
    np.testing.assert_allclose(model.scores(x), alone.scores(x), atol=1e-6)


def test_a_subclassed_keras_network(x):
    class Subclassed(keras.Model):
        def __init__(self):
            super().__init__()
            self.head = layers.Dense(3)

        def call(self, x):
            flat = keras.ops.reshape(x, (-1, 64))
            return {"logits": self.head(flat), "pixels": x}

    net = Subclassed()
    x = x.transpose(0, 2, 3, 1)
    expected = net(x)["logits"]
    model = xai.wrap(net, input_shape=(8, 8, 1))
    np.testing.assert_allclose(model.scores(x), expected, atol=1e-6)
    slopes = np.broadcast_to(net.head.kernel.numpy()[:, 1].reshape(8, 8, 1), x.shape)
    np.testing.assert_allclose(xai.Saliency()(model, x, xai.Logit(1)).values, slopes, atol=1e-6)
    assert "output 'logits' of dict" in repr(model)


def test_keras_networks_refused_with_the_call_to_write():
    inputs, _, head, aux = keras_parts()
    with pytest.raises(UnsupportedModelError, match=r"output='head'\).*'head' \(None, 4\), 'aux' \(None, 3\)"):
        xai.wrap(keras.Model(inputs, [head, aux]))
    with pytest.raises(InputError, match=r"no output 'heads'.*'head' \("):
        xai.wrap(keras.Model(inputs, [head, aux]), output="heads")


@pytest.mark.filterwarnings("ignore:.*LeafSpec:FutureWarning")  # when PyTorch copies what it exported
def test_an_exported_network(x):
    net = nn.Sequential(nn.Conv2d(1, 6, 3), nn.ReLU(), nn.Flatten(), nn.Linear(216, 4)).eval()
    rows = torch.export.Dim("rows")
    program = torch.export.export(net, (torch.zeros(4, *SHAPE),), dynamic_shapes=({0: rows},))
    with pytest.raises(InputTypeError, match=r"wrap\(program.module\(\)\)"):
        xai.wrap(program, input_shape=SHAPE)
    exported, original = (xai.wrap(one, input_shape=SHAPE) for one in (program.module(), net))
    for method in (xai.Saliency(), xai.DeepLift(), xai.RelevancePropagation(), xai.GuidedBackpropagation()):
        found, expected = (method(model, x, xai.Logit(1)).values for model in (exported, original))
        np.testing.assert_allclose(found, expected, atol=1e-6)
