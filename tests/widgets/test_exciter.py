"""The exciter's kernel side: the picture that grows, what networks say of it, choices, code and state."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.later import tf
from tests.widgets.conftest import state_of
from xai_widgets.widgets.excitations import APART, EAGER, parts_of, taken

FEW = {"steps": 24, "jitter": 1}


def network(seed, channels=4):
    torch.manual_seed(seed)
    layers = [nn.Conv2d(3, channels, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(16 * channels, 3))


@pytest.fixture
def other():
    return xai.wrap(network(5, 6), classes=["cat", "dog", "fox"], input_shape=(3, 16, 16), bounds=(-1, 1))


def as_taken(images):
    return np.moveaxis(np.asarray(images) / 255, -1, 1).astype("float32")


def test_the_result_is_that_of_the_method(exciters, model, images):
    widget, browser = exciters(model, images, "dog", options=FEW)
    browser.finish()
    expected = xai.ActivationMaximisation(**FEW)(model, quantity=xai.Logit("dog"))
    np.testing.assert_allclose(widget.result.values, expected.values, atol=1e-6)
    last = browser.frames[-1]
    assert last["scores"] == pytest.approx(expected.scores.tolist(), rel=1e-5)
    assert (last["best"], last["steps"], last["most"]) == (expected.best, 24, 24)
    assert last["roughness"] == pytest.approx(expected.roughness, rel=1e-6)
    assert last["shape"] == [3, 16, 16, 3]
    np.testing.assert_allclose(browser.maps()[-1], np.moveaxis(expected.starts, 1, -1), atol=1e-6)
    header = browser.frames[0]["header"]
    assert (header["state"], header["quantity"]) == (state_of(widget), "dog")
    assert header["real"] == pytest.approx(np.quantile(expected.roughness_of(as_taken(images)), (0, 0.5, 1)).tolist())


def test_an_inversion_is_that_of_the_method(exciters, model, images):
    widget, browser = exciters(model, images, method="feature_inversion", layer="1", index=2, options={"steps": 16})
    browser.finish()
    expected = xai.FeatureInversion(steps=16)(model, as_taken(images)[2], layer="1")
    np.testing.assert_allclose(widget.result.values, expected.values, atol=1e-5)
    last = browser.frames[-1]
    assert last["error"] == pytest.approx(expected.error, rel=1e-3)
    assert last["correlation"] == pytest.approx(expected.correlation, rel=1e-3)
    assert last["scores"] == []
    assert [row["layer"] for row in last["met"]] == ["1"]
    widget.layer = "0"
    browser.finish()
    assert [row["layer"] for row in browser.frames[-1]["met"]] == ["0", "1"]
    widget.index = 1
    browser.finish()
    assert [row["layer"] for row in browser.frames[-1]["met"]] == ["0"], "another picture, of which nothing was met"


def test_all_networks_are_asked_of_the_same_picture(exciters, model, other, images):
    """Each takes it in its own range of values."""
    widget, browser = exciters({"one": model, "two": other}, images, network="two", options=FEW)
    browser.finish()
    found = widget.result.values
    assert found.min() < -0.1
    says = browser.frames[-1]["says"]
    assert [row["network"] for row in says] == ["two", "one"]
    for row, expected in zip(says, (other.probabilities(found), model.probabilities((found + 1) / 2)), strict=True):
        told = {one["index"]: one["probability"] for one in row["predictions"]}
        assert [told[index] for index in range(3)] == pytest.approx(expected[0].tolist(), rel=1e-4)


def test_layouts_and_frameworks_may_differ(model, images):
    keras = tf.keras
    layers = [keras.layers.Conv2D(2, 3, name="c"), keras.layers.Flatten(), keras.layers.Dense(3)]
    network = keras.Sequential([keras.Input((16, 16, 3)), *layers])
    other = xai.wrap(network, classes=["cat", "dog", "fox"], bounds=(0, 1))
    with_both = xai.excite({"torch": model, "keras": other}, images, options=FEW)
    found = with_both.result.values
    (answer,) = with_both._answers()
    expected = other.probabilities(np.moveaxis(found, 0, -1))[0]
    np.testing.assert_allclose(answer.says["keras"], expected, rtol=1e-4)
    with_both.close()


@pytest.mark.parametrize(("shape", "bounds"), [((16, 16, 3), (0, 1)), ((16, 16, 1), (-1, 3)), ((16, 16), (0, 255))])
def test_a_picture_comes_back_as_it_was(shape, bounds):
    model = xai.wrap(lambda x: x.reshape(len(x), -1)[:, :2], backend="torch", input_shape=shape, bounds=bounds)
    values = np.random.default_rng(0).uniform(*bounds, shape).astype(model.dtype)
    parts = parts_of(model, values)
    assert parts.shape == (16, 16, 3 if shape == (16, 16, 3) else 1)
    assert 0 <= parts.min() <= parts.max() <= 1
    np.testing.assert_allclose(taken(model, parts), values, rtol=1e-5, atol=1e-5)


def test_it_grows_step_by_step_and_then_in_larger_ones(exciters, model, images):
    widget, _ = exciters(model, images, options={"steps": 31})
    steps = [one.found.steps for one in widget._answer._stream(widget._screen.asked) if one is not None]
    assert steps == [*range(1, EAGER + 1), *range(EAGER + APART, 31, APART), 31]


def test_it_may_begin_with_a_picture(exciters, model, images):
    widget, browser = exciters(model, images, channel=2, layer="1", start="picture", index=1, options=FEW)
    browser.finish()
    expected = xai.ActivationMaximisation(**FEW)(model, xai.Channel("1", 2), as_taken(images)[1])
    np.testing.assert_allclose(widget.result.values, expected.values, atol=1e-6)
    before = widget.result.values
    widget.index = 3
    assert np.abs(widget.result.values - before).max() > 0.05
    widget.start = "noise"
    from_noise = widget.result.values
    widget.index = 0
    np.testing.assert_array_equal(widget.result.values, from_noise)


def test_a_move_of_a_regulariser_begins_anew_and_coming_back_finds_the_same(exciters, model, images):
    """Nothing depends on what was on the screen before."""
    widget, _ = exciters(model, images, options=FEW)
    first = widget.result.values
    widget.options = {"smoothness": 12}
    assert np.abs(widget.result.values - first).max() > 0.01
    widget.options = {"smoothness": 5}
    np.testing.assert_array_equal(widget.result.values, first)


def test_a_class_takes_the_place_of_a_channel(exciters, model, images):
    widget, _ = exciters(model, images, channel=3, layer="1", options={"steps": 2})
    assert (widget.channel, widget.layer) == (3, "1")
    widget.set(target="fox")
    assert (widget.channel, widget.target) == (None, 2)
    widget.channel = 1
    widget.layer = "0"
    assert (widget.channel, widget.layer) == (0, "0")
    widget.set(target=2)
    assert widget.channel is None


def test_another_network_brings_a_layer_that_it_has(exciters, model, images):
    torch.manual_seed(0)
    named = nn.Sequential()
    for name, layer in (("conv", nn.Conv2d(3, 2, 3)), ("flat", nn.Flatten()), ("head", nn.Linear(392, 3))):
        named.add_module(name, layer)
    second = xai.wrap(named, classes=["cat", "dog", "fox"], input_shape=(3, 16, 16))
    widget, browser = exciters({"one": model, "two": second}, images, channel=3, layer="1", options={"steps": 2})
    assert widget.catalogue["networks"] == {"one": model.layers, "two": second.layers}
    widget.network = "two"
    browser.finish()
    assert (widget.layer, widget.channel) == ("conv", 0)
    assert browser.frames[-1]["final"]


def test_each_method_keeps_its_options(exciters, model, images):
    widget, _ = exciters(model, images, options={"steps": 6, "smoothness": 9})
    widget.method = "feature_inversion"
    assert widget.options["smoothness"] == 3
    widget.options = {"smoothness": 1, "steps": 4}
    widget.method = "activation_maximisation"
    assert (widget.options["smoothness"], widget.options["steps"]) == (9, 6)
    widget.method = "feature_inversion"
    assert widget.options["smoothness"] == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"target": 3}, "0 to 2"),
        ({"target": "cow"}, "'cow'"),
        ({"channel": 4}, "no channel 4"),
        ({"layer": "nowhere"}, "nowhere"),
        ({"network": "seed 9"}, "seed 9"),
        ({"method": "saliency"}, "activation_maximisation"),
        ({"start": "grey"}, "'noise' or 'picture'"),
        ({"index": 4}, "0 to 3"),
        ({"index": True}, "expected its number"),
        ({"options": {"size": 2}}, "'size'"),
        ({"options": {"steps": 0}}, "steps is 0"),
        ({"options": {"jitter": 16}}, "less than 16"),
        ({"options": 3}, "expected a dict"),
        ({"unit": 3}, "'unit'"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(exciters, model, images, change, said):
    widget, _ = exciters(model, images, "dog", layer="1", options={"steps": 2})
    before = state_of(widget)
    with pytest.raises((ValueError, TypeError), match=said):
        widget.set(**change)
    assert state_of(widget) == before


def test_what_does_not_fit_is_said_when_it_is_made(model, images):
    unbounded = xai.wrap(network(0), input_shape=(3, 16, 16), bounds=None)
    with pytest.raises(ValueError, match="middle of the range"):
        xai.excite(unbounded, (images / 255).astype("float32"))
    table = xai.wrap(nn.Sequential(nn.Linear(6, 3)), input_shape=(6,), bounds=(0, 1))
    with pytest.raises(ValueError, match="expected pictures"):
        xai.excite(table, np.zeros((2, 6), "float32"))
    more = xai.wrap(nn.Sequential(nn.Flatten(), nn.Linear(768, 5)), input_shape=(3, 16, 16))
    with pytest.raises(ValueError, match="the same classes"):
        xai.excite({"one": model, "two": more}, images)


def test_a_network_that_shows_nothing_to_excite_is_refused(exciters, images):
    probabilities = nn.Sequential(*network(0), nn.Softmax(1)).eval()
    sure = xai.wrap(lambda x: probabilities(x) * 1.0, backend="torch", input_shape=(3, 16, 16), outputs="probabilities")
    with pytest.raises(ValueError, match="neither scores before its probabilities nor layers"):
        xai.excite(sure, images)
    known, browser = exciters(xai.wrap(probabilities, input_shape=(3, 16, 16)), images, options={"steps": 2})
    browser.finish()
    assert known.channel is None, "its logits lie before the softmax"


def test_a_function_has_no_layers_to_invert(exciters, images):
    scores = network(0).eval()
    bare = xai.wrap(lambda x: scores(x) * 1.0, backend="torch", input_shape=(3, 16, 16), outputs="logits")
    widget, browser = exciters(bare, images, options={"steps": 2})
    browser.finish()
    assert (widget.layer, browser.frames[0]["header"]["channels"], browser.frames[-1]["final"]) == ("", 0, True)
    for change in ({"method": "feature_inversion"}, {"channel": 0}):
        with pytest.raises(ValueError, match="no layer"):
            widget.set(**change)


@pytest.mark.parametrize(
    "choices",
    [
        {"target": "fox"},
        {"channel": 2, "layer": "1", "start": "picture", "index": 3},
        {"method": "feature_inversion", "layer": "2", "index": 1},
    ],
    ids=["class", "channel", "inversion"],
)
def test_its_code_finds_the_same(exciters, model, images, choices):
    widget, _ = exciters(model, images, options={"steps": 8}, **choices)
    room = {"model": model, "images": images}
    exec(widget.code, room)
    np.testing.assert_allclose(room["result"].values, widget.result.values, atol=1e-6)


def test_its_state_begins_another_one(exciters, model, other, images):
    both = {"one": model, "two": other}
    widget, _ = exciters(both, images, network="two", channel=4, layer="1", start="picture", options=FEW)
    again, _ = exciters(both, images, state=widget.state_text)
    assert state_of(again) == state_of(widget)
    assert repr(again) == repr(widget)


@pytest.mark.parametrize("method", ["activation_maximisation", "feature_inversion"])
def test_drawings_and_files_hold_what_is_on_the_screen(exciters, model, images, tmp_path, method):
    widget, _ = exciters(model, images, "dog", layer="1", method=method, options={"steps": 6})
    widget.save(tmp_path / "it.svg")
    words = (tmp_path / "it.svg").read_text("utf-8")
    assert ("What 1 keeps" if method == "feature_inversion" else "What excites dog") in words
    assert widget._repr_png_()[:4] == b"\x89PNG"
    widget.save(tmp_path / "it.npz")
    with np.load(tmp_path / "it.npz") as arrays:
        np.testing.assert_allclose(arrays["map 0"], np.moveaxis(widget.result.values, 0, -1))
