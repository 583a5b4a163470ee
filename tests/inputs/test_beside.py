"""Networks that take an attention mask beside token ids: it is held fixed, and the ids alone are explained."""

import copy

import numpy as np
import pytest
import torch
from captum.attr import FeatureAblation, LayerIntegratedGradients
from torch import nn

import xai_widgets as xai
from tests.later import keras, layers
from xai_widgets.errors import InputError, InputTypeError

SIZE, LENGTH, WIDTH = 30, 8, 16
TEXT = np.array([5, 7, 9, 2, 4, 0, 0, 0])
MASK = torch.tensor(TEXT != 0).long()[None]


class Reader(nn.Module):
    """Embedding, layer norm, self-attention with the mask, and a mean over the mask, by hand."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.words, self.places = nn.Embedding(SIZE, WIDTH, padding_idx=0), nn.Parameter(torch.randn(LENGTH, WIDTH))
        self.norm, self.last, self.head = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 3)
        self.query, self.key, self.value = (nn.Linear(WIDTH, WIDTH) for _ in range(3))

    def forward(self, ids, attention_mask):
        there = attention_mask.float()
        z = self.norm(self.words(ids) + self.places)
        logits = self.query(z) @ self.key(z).transpose(1, 2) / 4 - 1e9 * (1 - there[:, None, :])
        z = self.last(z + logits.softmax(-1) @ self.value(z))
        return self.head((z * there[..., None]).sum(1) / there.sum(1, keepdim=True))


def named(name):
    """Return the same network whose second argument is called otherwise."""
    scope = {"Reader": Reader}
    there = name if "padding" not in name else f"~{name}"
    exec(
        f"class Named(Reader):\n    def forward(self, ids, {name}):\n        return Reader.forward(self, ids, {there})",
        scope,
    )
    return scope["Named"]()


def twin(net, arrange, mask_type="int32"):
    """Return the same network in Keras, with inputs as `arrange` puts them."""

    class Places(layers.Layer):
        def build(self, shape):
            self.places = self.add_weight(shape=(LENGTH, WIDTH), name="places")

        def call(self, z):
            return z + self.places

    ids = keras.Input((LENGTH,), dtype="int32", name="ids")
    mask = keras.Input((LENGTH,), dtype=mask_type, name="attention_mask")
    there = keras.ops.cast(mask, "float32")
    z = Places(name="places")(layers.Embedding(SIZE, WIDTH, name="words")(ids))
    z = layers.LayerNormalization(epsilon=1e-5, name="norm")(z)
    query, key, value = (layers.Dense(WIDTH, name=name)(z) for name in ("query", "key", "value"))
    logits = keras.ops.matmul(query, keras.ops.transpose(key, (0, 2, 1))) / 4 - 1e9 * (1 - there[:, None, :])
    z = layers.LayerNormalization(epsilon=1e-5, name="last")(z + keras.ops.matmul(keras.ops.softmax(logits), value))
    mean = keras.ops.sum(z * there[..., None], 1) / keras.ops.sum(there, 1, keepdims=True)
    network = keras.Model(arrange(ids, mask), layers.Dense(3, name="head")(mean))
    for name in ("query", "key", "value", "head"):
        layer = getattr(net, name)
        network.get_layer(name).set_weights([layer.weight.detach().numpy().T, layer.bias.detach().numpy()])
    network.get_layer("words").set_weights([net.words.weight.detach().numpy()])
    network.get_layer("places").set_weights([net.places.detach().numpy()])
    return network


@pytest.fixture
def net():
    return Reader().eval()


@pytest.fixture
def model(net):
    return xai.wrap(net, input_shape=(LENGTH,))


def test_what_is_held_is_said(model):
    assert "padding 0, attention_mask 1 where there is something to read, embedding 'words'" in repr(model)
    assert [model.layouts[name].words for name in ("words", "norm", "query", "last")] == ["tokens, channels"] * 4


def test_integrated_gradients_are_captums_with_the_mask_beside(net, model):
    found = xai.IntegratedGradients(steps=256)(model, TEXT, xai.Logit(1))
    captum = LayerIntegratedGradients(net, net.words)
    # The reference is padding where there are words, and the mask stays that of the text.
    expected = captum.attribute(
        torch.tensor(TEXT)[None],
        torch.zeros(1, LENGTH, dtype=torch.long),
        target=1,
        additional_forward_args=(MASK,),
        n_steps=100,
    )[0]
    np.testing.assert_allclose(found.values, expected.detach(), atol=1e-5)
    empty = net(torch.zeros(1, LENGTH, dtype=torch.long), MASK)[0, 1].item()
    np.testing.assert_allclose(found.values.sum(), model.scores(TEXT)[0, 1] - empty, atol=1e-4)


def test_ablation_is_captums_with_the_mask_beside(net, model):
    captum = FeatureAblation(net)
    expected = captum.attribute(torch.tensor(TEXT)[None], target=1, additional_forward_args=(MASK,))[0]
    for method in (xai.FeatureAblation(), xai.Occlusion(window=1, stride=1)):
        np.testing.assert_allclose(method(model, TEXT, xai.Logit(1)).map, expected, atol=1e-5)


@pytest.mark.parametrize("method", [xai.Lime(samples=64), xai.KernelShap(samples=64), xai.ExactShapley()])
def test_a_text_of_padding_alone_still_has_something_to_read(method, net, model):
    found = method(model, TEXT, xai.Logit(1)).map
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[5:], 0, atol=1e-6)
    if isinstance(method, xai.ExactShapley):
        empty = net(torch.zeros(1, LENGTH, dtype=torch.long), MASK)[0, 1].item()
        np.testing.assert_allclose(found.sum(), model.scores(TEXT)[0, 1] - empty, atol=1e-5)


@pytest.mark.parametrize(
    "method", [xai.IntegratedGradients(steps=16), xai.Occlusion(window=1, stride=1), xai.GradCam()]
)
@pytest.mark.parametrize(
    "arrange",
    [
        lambda ids, mask: [ids, mask],
        lambda ids, mask: [mask, ids],
        lambda ids, mask: {"ids": ids, "attention_mask": mask},
    ],
)
def test_twins(method, arrange, net, model):
    for mask_type in ("int32", "bool", "float32"):
        other = xai.wrap(twin(net, arrange, mask_type), padding=0)
        assert "1 where there is something to read" in repr(other)
        np.testing.assert_allclose(other.scores(TEXT), model.scores(TEXT), atol=1e-5)
        layer = "last" if isinstance(method, xai.GradCam) else None
        one, two = (method(each, TEXT, xai.Logit(1), layer=layer).map for each in (model, other))
        np.testing.assert_allclose(one, two, atol=1e-4)
        assert other.layouts["norm"].words == "tokens, channels"


@pytest.mark.parametrize("name", ["mask", "input_mask", "src_key_padding_mask", "padding_mask"])
def test_names_that_tell_what_they_are(name, net, model):
    other = xai.wrap(named(name), input_shape=(LENGTH,))
    meaning = "true where there is padding" if "padding" in name else "1 where there is something to read"
    assert f"{name} {meaning}" in repr(other)
    np.testing.assert_allclose(other.scores(TEXT), model.scores(TEXT), atol=1e-6)


def test_an_argument_of_another_name_is_told(net, model):
    network = named("there")
    with pytest.raises(InputError, match=r"beside=\{'there': 'mask'\}"):
        xai.wrap(network, input_shape=(LENGTH,), tokens=True)
    for told in ("mask", lambda ids: (ids > 0).long()):
        other = xai.wrap(network, input_shape=(LENGTH,), beside={"there": told})
        np.testing.assert_allclose(other.scores(TEXT), model.scores(TEXT), atol=1e-6)
    # As everywhere what is told goes before: nobody reads the padding, or everybody does.
    everywhere = xai.wrap(network, input_shape=(LENGTH,), beside={"there": torch.ones_like})
    expected = net(torch.tensor(TEXT)[None], torch.ones(1, LENGTH)).detach()
    np.testing.assert_allclose(everywhere.scores(TEXT), expected, atol=1e-6)


def test_a_callable_with_two_arguments(net, model):
    other = xai.wrap(lambda ids, mask: net(ids, mask), backend="torch", input_shape=(LENGTH,))
    np.testing.assert_allclose(other.scores(TEXT), model.scores(TEXT), atol=1e-6)


def test_two_inputs_of_ids_and_mask_are_one_text(net, model):
    other = xai.wrap(net, input_shape=[(LENGTH,), (LENGTH,)])
    expected = xai.Saliency()(model, TEXT, xai.Logit(1)).values
    mask = (TEXT != 0).astype(int)
    for x in (TEXT, (TEXT, mask), {"input_ids": TEXT, "attention_mask": mask}, {"ids": TEXT}):
        np.testing.assert_allclose(xai.Saliency()(other, x, xai.Logit(1)).values, expected, atol=1e-6)
    batch = (torch.tensor(TEXT)[None], MASK)
    np.testing.assert_allclose(xai.Saliency()(other, batch, xai.Logit(1)).values[0], expected, atol=1e-6)
    two = (TEXT, TEXT[::-1].copy())
    assert other.scores(two).shape == (2, 3)


def test_a_mask_that_is_not_that_of_the_ids_is_refused(model):
    with pytest.raises(InputError, match="attention_mask that was given is not that of the ids"):
        model.scores({"input_ids": TEXT, "attention_mask": np.ones(LENGTH, int)})
    with pytest.raises(InputError, match="expected the ids as 'input_ids'"):
        model.scores({"words": TEXT})


@pytest.mark.parametrize(
    ("beside", "error", "message"),
    [
        ({"attention_mask": "ones"}, InputError, "'mask'.*'padding'.*'types'"),
        ("mask", InputTypeError, "expected a dict"),
        ({"mask": "mask"}, InputError, "no argument of the network 'mask'.*'attention_mask'"),
        ({"attention_mask": lambda ids: ids.sum()}, InputError, r"returned a tensor of shape \(\)"),
        ({"attention_mask": lambda ids: 1 / 0}, InputError, "division"),
    ],
)
def test_what_is_told_wrongly_is_refused(beside, error, message, net):
    with pytest.raises(error, match=message):
        xai.wrap(net, input_shape=(LENGTH,), beside=beside, tokens=True)


def test_types_are_given_where_they_are_needed():
    class Typed(nn.Module):
        def __init__(self):
            super().__init__()
            self.words, self.types, self.head = nn.Embedding(SIZE, 4), nn.Embedding(2, 4), nn.Linear(4, 2)

        def forward(self, ids, token_type_ids):
            return self.head((self.words(ids) + self.types(token_type_ids)).mean(1))

    network = Typed()
    model = xai.wrap(network, input_shape=(LENGTH,))
    expected = network(torch.tensor(TEXT)[None], torch.zeros(1, LENGTH, dtype=torch.long)).detach()
    np.testing.assert_allclose(model.scores(TEXT), expected, atol=1e-6)
    assert model.embedding == "words"


def test_the_weights_and_a_copy_are_followed(net):
    model = xai.wrap(net, input_shape=(LENGTH,), beside={"attention_mask": "mask"})
    again = copy.deepcopy(model)
    with torch.no_grad():
        net.head.bias.add_(1)
    np.testing.assert_allclose(model.scores(TEXT), net(torch.tensor(TEXT)[None], MASK).detach(), atol=1e-6)
    np.testing.assert_allclose(again.scores(TEXT) + 1, model.scores(TEXT), atol=1e-6)
