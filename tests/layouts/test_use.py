"""What is made of the axes of a layer: maps, channels and activation maps, equal in both frameworks."""

import keras
import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import nn

import xai_widgets as xai
from tests.layouts.networks import GRID, MAKERS, SIDE, copy_weights, pair
from tests.transformers import KINDS as TRANSFORMERS
from tests.transformers import transformer
from xai_widgets.attribution.layer import default_layer

every_network = pytest.mark.parametrize("name", MAKERS)
TARGETS = xai.Logit([2, 0])


def known(name):
    """Return the networks of a name, and some of the layers of which the axes are known, by both names."""
    found = pair(name)
    layers = [(layer, found.names[layer]) for layer, kinds in found.kinds.items() if kinds[0] is not None]
    return found, layers[:: max(1, len(layers) // 3)]


def close(one, other, size=None):
    np.testing.assert_allclose(one, other, atol=1e-4 * np.abs(other if size is None else size).max() + 1e-7)


@every_network
def test_maps_are_the_same_in_both_frameworks(name):
    found, layers = known(name)
    for ours, theirs in layers:
        for method in (xai.InputXGradient(), xai.Saliency()):  # the sum over channels, and the largest of them
            one = method(found.torch, found.first, TARGETS, layer=ours)
            other = method(found.keras, found.last, TARGETS, layer=theirs)
            assert one.map.shape == other.map.shape, ours
            close(one.map, other.map, other.values)
            close(one.map[0], method(found.torch, found.first[0], xai.Logit(2), layer=ours).map, one.values)


@every_network
def test_channels_are_the_same_in_both_frameworks(name):
    found, layers = known(name)
    for ours, theirs in layers:
        channel = found.torch.layouts[ours].channels - 1
        one = xai.Saliency()(found.torch, found.first, xai.Channel(ours, channel))
        other = xai.Saliency()(found.keras, found.last, xai.Channel(theirs, channel))
        close(one.score, other.score)
        close(np.moveaxis(one.values, 1, -1), other.values)
        influences = [
            xai.channel_influence(found.torch, found.first, ours, TARGETS),
            xai.channel_influence(found.keras, found.last, theirs, TARGETS),
        ]
        assert influences[0].shape == (channel + 1,)
        close(*influences)
        assert xai.influential_channel(found.torch, found.first, ours, TARGETS) == influences[1].argmax()


@every_network
@pytest.mark.parametrize("method", [xai.GradCam(), xai.GradCamPlusPlus(), xai.ScoreCam()], ids=repr)
def test_activation_maps_are_the_same_in_both_frameworks(name, method):
    found, layers = known(name)
    for ours, theirs in layers[-1:]:
        if not found.torch.layouts[ours].has_space:
            with pytest.raises(ValueError, match="expected a layer with channels, height and width"):
                method(found.torch, found.first, layer=ours)
            continue
        one = method(found.torch, found.first, TARGETS, layer=ours)
        other = method(found.keras, found.last, TARGETS, layer=theirs)
        close(one.map, other.map, other.values)
        assert one.on_input.shape == (2, SIDE, SIDE)
        close(one.on_input, other.on_input, other.values)


def test_the_channel_of_a_layer_is_the_sum_over_its_places():
    """By hand, in PyTorch, where the framework would say that the first axis counts channels."""
    found = pair("normed")
    kept = {}
    hook = found.net.norm.register_forward_hook(lambda _module, _inputs, output: kept.update(norm=output))
    with torch.no_grad():
        found.net(torch.tensor(found.first))
    hook.remove()
    score = xai.Saliency()(found.torch, found.first, xai.Channel("norm", 7)).score
    np.testing.assert_allclose(score, kept["norm"][..., 7].sum((1, 2)), rtol=1e-5)
    with pytest.raises(ValueError, match="from 0 to 11"):
        xai.Saliency()(found.torch, found.first, xai.Channel("norm", 12))


def test_the_map_of_a_layer_with_channels_last():
    """The network that was found with a map of rows and channels."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.p, self.n, self.h = nn.Conv2d(3, 24, 4, 4), nn.LayerNorm(24), nn.Linear(24, 3)

        def forward(self, x):
            return self.h(self.n(self.p(x).permute(0, 2, 3, 1)).mean((1, 2)))

    torch.manual_seed(0)
    net = Net()
    x = np.random.default_rng(0).uniform(size=(3, 32, 32)).astype(np.float32)
    found = xai.GradCam()(xai.wrap(net, input_shape=(3, 32, 32)), x, xai.Logit(1))
    assert (found.question.cut.layer, found.map.shape, found.values.shape) == ("n", (8, 8), (8, 8, 24))
    normed = net.n(net.p(torch.tensor(x)[None]).permute(0, 2, 3, 1)).detach()[0].numpy()
    # The gradient of the score is the weight of the head, everywhere alike.
    expected = np.maximum((normed * net.h.weight[1].detach().numpy() / 64).sum(-1), 0)
    np.testing.assert_allclose(found.map, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "ours", "theirs"),
    [
        ("normed", "dense", "activation"),
        ("class token", "blocks.1.norm1", "blocks.1_norm1"),
        ("registers", "blocks.1.norm1", "blocks.1_norm1"),
        ("windows", "block.norm1", "block_norm1"),
        ("convnext", "join", "activation"),
        ("mixer", "dense", "activation"),
        ("mobile", "last", "activation"),
    ],
)
def test_the_layer_that_is_looked_at_by_itself(name, ours, theirs):
    """Before the last attention; else the last one with places."""
    found = pair(name)
    assert default_layer(found.torch) == ours
    chosen = default_layer(found.keras)
    assert chosen.startswith(theirs), chosen
    for model, x in ((found.torch, found.first), (found.keras, found.last)):
        cam = xai.GradCam()(model, x)
        assert cam.question.cut.layer == default_layer(model)
        assert cam.map.shape == (2, *model.layouts[default_layer(model)].grid)
        gradient = xai.Saliency()(model, x, layer=default_layer(model))
        assert np.abs(gradient.map).max() > 0


@pytest.mark.parametrize("heads", [1, 3])
def test_neither_queries_nor_keys_are_looked_at(heads):
    """Of one dense layer for queries, keys and values, with layers behind it that see some of what it puts out."""

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.qkv, self.of_queries, self.of_keys = nn.Linear(12, 36), nn.Identity(), nn.LayerNorm(12 // heads)

        def forward(self, x):
            q, k, v = self.qkv(x).chunk(3, -1)
            if heads > 1:
                q, k, v = (one.unflatten(-1, (heads, -1)).transpose(1, 2) for one in (q, k, v))
            x = (self.of_queries(q) @ self.of_keys(k).transpose(-2, -1)).softmax(-1) @ v
            return x.transpose(1, 2).flatten(2) if heads > 1 else x

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.patch, self.norm, self.attention = nn.Conv2d(3, 12, 4, 4), nn.LayerNorm(12), Attention()
            self.extra, self.last, self.head = nn.Parameter(torch.randn(1, 1, 12)), nn.LayerNorm(12), nn.Linear(12, 3)

        def forward(self, x):
            x = torch.cat([self.extra.expand(len(x), -1, -1), self.patch(x).flatten(2).mT], 1)
            return self.head(self.last(x + self.attention(self.norm(x))).tanh().mean(1))

    torch.manual_seed(0)
    model = xai.wrap(Net(), input_shape=(3, SIDE, SIDE))
    words = "tokens, channels, places 4 x 4, 1 without a place"
    assert model.layouts["attention.of_keys"].words == ("channels, " if heads > 1 else "") + words
    assert default_layer(model) == "norm"


@pytest.mark.parametrize("causal", [True, False])
def test_scores_of_each_token_are_not_looked_at(causal):
    """In a language model whose last token's scores are the answer; fused attention has a name for each mask."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.norm, self.qkv = nn.Embedding(20, 12), nn.LayerNorm(12), nn.Linear(12, 36)
            self.last, self.head = nn.LayerNorm(12), nn.Linear(12, 3)

        def forward(self, ids):
            x = self.embedding(ids)
            q, k, v = (one.unflatten(-1, (2, 6)).transpose(1, 2) for one in self.qkv(self.norm(x)).chunk(3, -1))
            seen = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
            return self.head(self.last(x + seen.transpose(1, 2).flatten(2)))[:, -1]

    torch.manual_seed(0)
    model = xai.wrap(Net(), input_shape=(6,))
    assert model.layouts["head"].words == "tokens, channels"
    assert default_layer(model) == "norm"
    assert xai.GradCam()(model, np.arange(3, 9), xai.Logit(1), layer="norm").values.any(axis=-1).all()


def test_the_layer_that_is_looked_at_has_a_say():
    """A mixer whose class token alone is read: behind its last mixing nothing that has a place goes anywhere."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.patch, self.norm, self.mix = nn.Conv2d(3, 12, 4, 4), nn.LayerNorm(12), nn.Linear(17, 17)
            self.extra, self.last, self.head = nn.Parameter(torch.randn(1, 1, 12)), nn.LayerNorm(12), nn.Linear(12, 3)

        def forward(self, x):
            x = torch.cat([self.extra.expand(len(x), -1, -1), self.patch(x).flatten(2).mT], 1)
            return self.head(self.last(x + self.mix(self.norm(x).mT).mT)[:, 0])

    torch.manual_seed(0)
    model = xai.wrap(Net(), input_shape=(3, SIDE, SIDE))
    assert model.layouts["last"].placeless == 1
    assert default_layer(model) == "norm"
    assert xai.GradCam()(model, pair("normed").first, TARGETS).map.any()


def test_tokens_that_nobody_reads_have_no_map():
    """In a network that reads a class token, no gradient arrives at the patches behind the last attention."""
    found = pair("class token")
    for model, x in ((found.torch, found.first), (found.keras, found.last)):
        dead = xai.GradCam()(model, x, TARGETS, layer="norm")
        assert not dead.map.any()
        layers = [layer for layer in model.layers if layer.endswith("norm1")]
        living = xai.GradCam()(model, x, TARGETS, layer=layers[-1])
        assert living.map.any()
        assert living.values.any(axis=(0, 2)).sum() == GRID**2  # the class token has no part in it


@pytest.mark.parametrize("kind", TRANSFORMERS)
@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_every_way_to_read_a_transformer_has_a_map(kind, backend):
    """Before the last attention, where places matter, whatever is read behind it; behind it where patches are read."""
    found = transformer(kind)
    model, x = found.models[backend]
    assert default_layer(model) in ("blocks.1.norm1", "blocks.1_norm1")
    for method in (xai.GradCam(), xai.GradCamPlusPlus(), xai.LayerCam()):
        cam = method(model, x, TARGETS)
        assert cam.map.shape == (2, *found.grid)
        assert cam.map.reshape(2, -1).any(axis=1).all()
    behind = xai.Saliency()(model, x, TARGETS, layer="norm")
    assert behind.map.any() == (kind == "registers")
    reached = np.abs(behind.values).sum(axis=2).any(axis=0)
    np.testing.assert_array_equal(np.flatnonzero(reached), found.read)
    assert "attention in 2 blocks, 3 heads" in repr(model)


def test_what_has_no_place_is_said():
    found = pair("class token")
    influence = xai.InputXGradient()(found.torch, found.first[0], xai.Logit(1), layer="blocks.0")
    (fact,) = [fact for fact in influence.facts if fact.label == "without a place"]
    assert "1 element " in fact.sentence
    np.testing.assert_allclose(float(fact.value), influence.values[0].sum(), rtol=1e-2)
    np.testing.assert_allclose(influence.map.sum(), influence.values[1:].sum(), rtol=1e-3)
    assert isinstance(influence._repr_png_(), bytes)


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_a_map_is_refused_where_the_axes_are_not_known_and_values_are_not(backend):
    found = pair("mixer")
    model, x = (found.torch, found.first) if backend == "torch" else (found.keras, found.last)
    result = xai.Saliency()(model, x, layer="over")
    assert result.values.shape == (2, *model.at("over").shape)
    assert result._repr_png_() is None
    assert "Saliency" in repr(result)
    says = r"layer 'over', of shape \(12, 8\), .*sees all of the input.*layouts=\{'over': 'tokens, channels'\}"
    for refused in (
        lambda: result.map,
        lambda: result.on_input,
        lambda: xai.GradCam()(model, x, layer="over"),
        lambda: xai.Saliency()(model, x, xai.Channel("over", 0)),
        lambda: xai.influential_channel(model, x, "over"),
        lambda: model.at("over").channel_axis,
    ):
        with pytest.raises(ValueError, match=says):
            refused()
    assert np.isfinite(xai.Saliency()(model, x, xai.Unit("over", (3, 5))).values).all()


def by_hand(net, cut_at, x, target):
    """Grad-CAM written out: loops over channels and places of what module `cut_at` of a sequence puts out."""
    latent = net[: cut_at + 1](torch.tensor(x)[None]).detach().requires_grad_()
    net[cut_at + 1 :](latent)[0, target].backward()
    activation, gradient = latent[0].detach().numpy(), latent.grad[0].numpy()
    plane = np.zeros(activation.shape[1:])
    for channel in range(len(activation)):
        weight = np.mean([gradient[channel][place] for place in np.ndindex(plane.shape)])
        for place in np.ndindex(plane.shape):
            plane[place] += weight * activation[channel][place]
    return np.maximum(plane, 0)


def signals(rank):
    """A network on signals (1 axis of places) or volumes (3), in both frameworks, and an input of channels first."""
    torch.manual_seed(1)
    keras.utils.set_random_seed(1)
    shape = (40,) if rank == 1 else (6, 8, 10)
    conv, pool = (nn.Conv1d, nn.MaxPool1d) if rank == 1 else (nn.Conv3d, nn.MaxPool3d)
    net = nn.Sequential(conv(2, 5, 3, padding=1), nn.Tanh(), pool(2), conv(5, 4, 3, padding=1), nn.Tanh(), nn.Flatten(),
                        nn.Linear(4 * int(np.prod(shape)) // 2**rank, 3))  # fmt: skip
    layers = keras.layers
    conv, pool = (layers.Conv1D, layers.MaxPooling1D) if rank == 1 else (layers.Conv3D, layers.MaxPooling3D)
    # Flattened in the order of PyTorch.
    order = (2, 1) if rank == 1 else (4, 1, 2, 3)
    inputs = keras.Input((*shape, 2))
    x = pool(2)(layers.Activation("tanh")(conv(5, 3, padding="same", name="0")(inputs)))
    x = layers.Activation("tanh", name="4")(conv(4, 3, padding="same", name="3")(x))
    x = layers.Dense(3, name="6")(layers.Flatten()(layers.Permute(order)(x)))
    twin = keras.Model(inputs, x)
    for name in ("0", "3", "6"):
        weight, bias = (one.detach().numpy() for one in net[int(name)].parameters())
        axes = (*range(2, 2 + rank), 1, 0) if weight.ndim > 2 else (1, 0)
        twin.get_layer(name).set_weights([weight.transpose(axes), bias])
    x = np.random.default_rng(0).uniform(size=(2, *shape)).astype(np.float32)
    return net.eval(), twin, x


@pytest.mark.parametrize("rank", [1, 3])
def test_activation_maps_along_time_and_depth(rank):
    net, twin, x = signals(rank)
    model = xai.wrap(net, input_shape=x.shape)
    last = np.ascontiguousarray(np.moveaxis(x, 0, -1))
    other = xai.wrap(twin)
    found = xai.GradCam()(model, x, xai.Logit(1))
    assert found.question.cut.layer == "4"
    assert found.map.shape == tuple(size // 2 for size in x.shape[1:])
    np.testing.assert_allclose(found.map, by_hand(net, 4, x, 1), atol=1e-6)
    np.testing.assert_allclose(xai.GradCam()(model, x, xai.Logit(1), layer="0").map, by_hand(net, 0, x, 1), atol=1e-6)
    assert found.on_input.shape == x.shape[1:]
    grown = ndimage.zoom(found.map.astype(float), 2, order=1, mode="nearest", grid_mode=True)
    np.testing.assert_allclose(found.on_input, grown, atol=1e-5)
    for method in (xai.GradCam(), xai.LayerCam(), xai.GradCamPlusPlus(), xai.ScoreCam()):
        one, two = method(model, x, xai.Logit(1)), method(other, last, xai.Logit(1))
        close(one.map, two.map)
        assert one.map.shape == found.map.shape


def test_a_permuted_layer_in_keras():
    keras.utils.set_random_seed(0)
    layers = keras.layers
    inputs = keras.Input((SIDE, SIDE, 3))
    x = layers.Permute((3, 1, 2), name="first")(layers.Conv2D(5, 3, name="conv")(inputs))
    net = keras.Model(inputs, layers.Dense(3)(layers.Flatten()(x)))
    model, batch = xai.wrap(net), pair("normed").last
    one, other = (xai.GradCam()(model, batch, TARGETS, layer=layer) for layer in ("conv", "first"))
    close(one.map, other.map)
    assert xai.influential_channel(model, batch, "conv") == xai.influential_channel(model, batch, "first")


def test_the_weights_are_the_same():
    """So that a broken copy is not taken for a difference of the methods."""
    ours, theirs, _ = MAKERS["normed"]()
    copy_weights(ours, theirs)
    np.testing.assert_array_equal(theirs.get_layer("dense").get_weights()[1], ours.dense.bias.detach())
