"""What is said of the axes of layers: how it is read, what follows from it, and what is refused."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.layouts.networks import GRID, SIDE, WIDE, pair


class Mixed(nn.Module):
    """Tokens that are mixed before anything else, so that the network does not show what they are."""

    def __init__(self, extra=0):
        super().__init__()
        self.patch, self.mix = nn.Conv2d(3, WIDE, 4, 4), nn.Linear(GRID**2, extra + GRID**2)
        self.here, self.turned, self.split = nn.Identity(), nn.Identity(), nn.Identity()
        self.head = nn.Linear(WIDE, 5)

    def forward(self, x):
        x = self.here(self.mix(self.patch(x).flatten(2)).mT)
        x = self.split(x.unflatten(2, (3, 4)).transpose(1, 2)).transpose(1, 2).flatten(2)
        return self.head(self.turned(x.mT).tanh().mean(2))


def wrapped(layouts, extra=0):
    torch.manual_seed(0)
    return xai.wrap(Mixed(extra), input_shape=(3, SIDE, SIDE), layouts=layouts)


X = np.random.default_rng(0).uniform(size=(3, SIDE, SIDE)).astype(np.float32)


def test_what_is_told_is_taken():
    assert not wrapped(None).layouts["here"].known
    model = wrapped(
        {"here": "4 x 4 tokens, channels", "turned": ["channels", "4x4 tokens"], "split": "heads, tokens, channels"}
    )
    here = xai.InputXGradient()(model, X, layer="here")
    assert model.layouts["here"].source == "told"
    np.testing.assert_allclose(here.map, here.values.sum(axis=1).reshape(4, 4), atol=1e-7)
    turned = xai.InputXGradient()(model, X, layer="turned")
    np.testing.assert_allclose(turned.map, turned.values.sum(axis=0).reshape(4, 4), atol=1e-7)
    split = xai.InputXGradient()(model, X, layer="split")
    np.testing.assert_allclose(split.map, split.values.sum(axis=(0, 2)), atol=1e-7)
    assert xai.GradCam()(model, X, layer="here").on_input.shape == (SIDE, SIDE)
    assert model.layouts["split"].channels == WIDE
    influences = [xai.channel_influence(model, X, layer) for layer in ("here", "split", "turned")]
    np.testing.assert_allclose(influences[0], influences[1], atol=1e-7)
    np.testing.assert_allclose(influences[0], influences[2], atol=1e-7)


@pytest.mark.parametrize(("said", "first"), [("2 + 4 x 4 tokens, channels", 2), ("4×4+2 tokens, channels", 0)])
def test_tokens_that_stand_nowhere(said, first):
    model = wrapped({"here": said}, extra=2)
    found = xai.InputXGradient()(model, X, layer="here")
    expected = found.values[first : first + 16].sum(axis=1).reshape(4, 4)
    np.testing.assert_allclose(found.map, expected, atol=1e-7)
    assert model.layouts["here"].placeless == 2


def test_a_pattern_goes_for_the_layers_that_have_as_many_axes():
    model = wrapped({"*": "tokens", "turned": "channels, tokens", "patch": "channels, height, width"})
    assert model.layouts["here"].roles == ("token", "channel")
    assert model.layouts["turned"].roles == ("channel", "token")
    assert not model.layouts["split"].known
    assert model.layouts["here"].grid == (16,)
    with pytest.raises(ValueError, match="expected a picture"):
        _ = xai.Saliency()(model, X, layer="here").on_input


def test_what_is_told_goes_before_what_is_seen_and_says_so():
    found = pair("normed")
    model = xai.wrap(found.net, input_shape=(3, SIDE, SIDE), layouts={"norm": "channels, height, width"})
    said = "layer 'norm' are channels, height, width, and by what the network does they are height"
    with pytest.warns(UserWarning, match=said):
        layout = model.layouts["norm"]
    assert layout.roles == ("channel", "height", "width")
    same = xai.wrap(found.net, input_shape=(3, SIDE, SIDE), layouts={"norm": "height, width, channels"})
    np.testing.assert_allclose(same.layouts["norm"].places, found.torch.layouts["norm"].places)


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_both_frameworks_are_told_alike(backend):
    found = pair("mixer")
    network = found.torch.network if backend == "torch" else found.keras.network
    shape = {"input_shape": (3, SIDE, SIDE)} if backend == "torch" else {}
    model = xai.wrap(network, **shape, layouts={"over": "channels, tokens"})
    x = found.first if backend == "torch" else found.last
    values = xai.InputXGradient()(model, x, xai.Logit(1), layer="over")
    np.testing.assert_allclose(values.map, values.values.sum(axis=1), atol=1e-7)
    before = sum(layout.known for layout in (found.torch if backend == "torch" else found.keras).layouts.values())
    assert f"layers (what their axes stand for was seen in a pass at {before} of them, and told at 1)" in repr(model)
    assert "layers (what their axes stand for was seen in a pass at all of them)" in repr(pair("normed").torch)


@pytest.mark.parametrize(
    ("layouts", "error", "message"),
    [
        ("tokens", TypeError, "layouts is a str; expected a dict"),
        ({"here": 3}, TypeError, r"layouts\['here'\] is 3; expected words"),
        ({"here": [1, 2]}, TypeError, "expected words"),
        ({"hear": "tokens"}, ValueError, "There is no layer 'hear'. Did you mean 'here'"),
        ({"blocks.*": "tokens"}, ValueError, r"There is no layer 'blocks.\*'"),
        ({"here": "channels, height, width"}, ValueError, r"names 3 axes, and layer 'here' puts out \(16, 12\)"),
        ({"he*": "channels, height, width"}, ValueError, "names 3 axes"),
        ({"here": "chanels, tokens"}, ValueError, "no kind of axis 'chanels'. Did you mean 'channels'"),
        ({"here": "7 x 7 tokens, channels"}, ValueError, r"has 49 tokens, and it puts out \(16, 12\)"),
        ({"patch": "channels, height, height"}, ValueError, "at most once"),
        ({"patch": "tokens, height, channels"}, ValueError, "tokens with channels and heads alone"),
    ],
)
def test_what_does_not_fit_is_refused(layouts, error, message):
    with pytest.raises(error, match=message):
        wrapped(layouts)
