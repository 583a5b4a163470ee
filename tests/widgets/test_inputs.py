"""The explorer of several inputs: what it is given, asks, takes and says."""

import itertools
import json
import math

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.later import keras
from tests.widgets.conftest import Browser

CLASSES = ["calm", "storm"]
COLUMNS = ["wind", "rain", "heat"]


class Linear(nn.Module):
    """The score of "storm" is a weighted sum of the pixels and of the numbers, so all that it owes to each is known."""

    def __init__(self):
        super().__init__()
        random = np.random.default_rng(4)
        self.seen = nn.Parameter(torch.tensor(random.normal(size=(1, 5, 4)), dtype=torch.float32))
        self.read = nn.Parameter(torch.tensor(random.normal(size=3), dtype=torch.float32))

    def forward(self, picture, row):
        score = (picture * self.seen).sum((1, 2, 3)) + (row * self.read).sum(1)
        return torch.stack([-score, score], 1)


def two_inputs():
    """Return a network of a picture (5, 4) and of three numbers."""
    return xai.wrap(
        Linear(),
        classes=CLASSES,
        input_shape=[(1, 5, 4), (3,)],
        input_layout=["channels, height, width", None],
        bounds=[(0, 1), None],
        input_names=["picture", "row"],
    )


def pair(count=2):
    random = np.random.default_rng(5)
    return random.uniform(size=(count, 5, 4)).astype("float32"), random.normal(size=(count, 3)).astype("float32")


@pytest.fixture
def model():
    return two_inputs()


@pytest.fixture
def widget(model):
    made = xai.explore(model, pair(), target="storm")
    yield made
    made.close()


def owed(picture, row):
    """Return what "storm" owes to each pixel and to each number, from black and from zero."""
    weights = Linear()
    return picture * weights.seen[0].detach().numpy(), row * weights.read.detach().numpy()


@pytest.mark.parametrize("method", ["integrated_gradients", "input_x_gradient", "feature_ablation", "shapley_exact"])
def test_each_input_has_what_it_adds(widget, model, method):
    widget.method = method
    pictures, rows = pair()
    seen, read = owed(pictures[0], rows[0])
    assert widget.result.parts == pytest.approx({"picture": seen.sum(), "row": read.sum()}, abs=1e-4)
    browser = Browser(widget)
    browser.request()
    browser.finish()
    frame = browser.frames[-1]
    assert frame["shares"] == pytest.approx([seen.sum(), read.sum()], abs=1e-4)
    assert sum(frame["shares"]) == pytest.approx(frame["score"], abs=1e-4), "the network is zero at the baseline"
    if method in ("integrated_gradients", "input_x_gradient"):
        assert np.allclose(browser.maps()[-1], [*seen.ravel(), *read], atol=1e-5)
    widget.set(method="saliency")
    browser.request()
    browser.finish()
    assert browser.frames[-1]["shares"] is None, "slopes of different inputs do not add"


def test_all_ways_to_give_them(model):
    pictures, rows = pair()
    ways = [
        ((pictures, rows), 2),
        ((pictures[0], rows[0]), 1),
        ({"picture": pictures, "row": rows}, 2),
        ({"row": rows[0], "picture": pictures[0]}, 1),
        ([(pictures[0], rows[0]), (pictures[1], rows[1])], 2),
        ([{"picture": pictures[0], "row": rows[0]}], 1),
        (((pictures * 255).astype("uint8"), rows), 2),
        ([(pictures[0][..., None], rows[0].tolist())], 1),
    ]
    for given, count in ways:
        widget = xai.explore(model, given, method="input_x_gradient", target="storm")
        assert len(widget.catalogue["pictures"]) == count
        result = widget.result
        assert result.parts["row"] == pytest.approx(owed(pictures[0], rows[0])[1].sum(), abs=1e-5)
        names = {"model": model, "images": given}
        exec(widget.code, names)
        for ours, theirs in zip(names["result"].each, result.each, strict=True):
            assert np.array_equal(ours, theirs)
        widget.close()


def test_what_does_not_fit(model):
    pictures, rows = pair()
    for given, message in [
        (pictures, "found a ndarray; expected one for each input of the network"),
        ((pictures,), "found 1 of them"),
        ({"picture": pictures, "line": rows}, r"names \['line', 'picture'\]; expected \['picture', 'row'\]"),
        ((pictures, rows[:1]), "'picture': 2, 'row': 1"),
        ((pictures[0], rows), "'picture': 'one'"),
        ((pictures[:, :, :2], rows), "'picture': The picture has shape"),
        ((pictures, rows[:, :2]), "'row' has shape"),
        ([], "found 0 of them"),
    ]:
        with pytest.raises(ValueError, match=message):
            xai.explore(model, given)
    for more, message in [
        ({"resize": "crop"}, "Nothing is resized"),
        ({"resize": np.zeros((2, 2))}, "resize is array.*or False"),
        ({"predict_first": True}, "several inputs"),
        ({"layer": "read"}, "There is no layer"),
        ({"method": "grad_cam"}, "Grad-CAM is not for this model"),
    ]:
        with pytest.raises(ValueError, match=message):
            xai.explore(model, pair(), **more)


def test_a_number_is_typed(widget, model):
    pictures, rows = pair()
    widget.method = "input_x_gradient"  # One pass: how many a widget takes at once depends on the time they need.
    before = widget.result.parts
    widget.typed = {"row": [3, 0, -1]}
    assert widget.typed == {"row": [3.0, 0.0, -1.0]}
    after = widget.result.parts
    assert after["picture"] == pytest.approx(before["picture"], abs=1e-5)
    assert after["row"] == pytest.approx(owed(pictures[0], np.array([3, 0, -1]))[1].sum(), abs=1e-5)
    assert 'np.array([3.0, 0.0, -1.0], "float32")' in widget.code
    names = {"model": model, "images": pair()}
    exec(widget.code, names)
    assert names["result"].parts == after
    assert widget.predictions["storm"] == pytest.approx(float(1 / (1 + np.exp(-2 * widget.result.score))), abs=1e-4)
    widget.index = 1
    assert widget.typed == {}
    widget.index = 0
    assert widget.typed == {"row": [3.0, 0.0, -1.0]}
    widget.typed = {"row": rows[0]}
    assert widget.typed == {}, "that is as it was given"
    for wrong, message in [
        ({"row": [1, 2]}, "has 2 numbers; expected 3"),
        ({"row": [1, 2, np.nan]}, "NaN or infinite"),
        ({"row": "3"}, "expected its 3 numbers"),
        ({"row": {"pressure": 3}}, "no column"),
        ({"picture": [1, 2, 3]}, "nothing is typed"),
        ({"sound": 3}, "sound"),
        (3, "expected a dict"),
    ]:
        with pytest.raises((ValueError, TypeError), match=message):
            widget.typed = wrong
        assert widget.typed == {}
    with pytest.raises(ValueError, match="no text"):
        widget.struck = {"row": [0]}


def test_a_request_brings_what_is_being_typed(widget):
    browser = Browser(widget)
    browser.request(typed={"row": [1.0, 2.0, 3.0]})
    browser.finish()
    header = next(one["header"] for one in browser.frames if one["request"] == 1 and one["header"])
    assert header["parts"][1]["values"] == [1, 2, 3]
    assert header["parts"][0]["shape"] == [5, 4]
    assert widget.typed == {}, "while a slider moves the traits stay as they are"
    browser.settle(typed={"row": [1.0, 2.0, 3.0]})
    assert widget.typed == {"row": [1.0, 2.0, 3.0]}


def test_a_state_begins_again(widget, model, tmp_path):
    widget.set(method="input_x_gradient", index=1, target="calm")
    widget.typed = {"row": [1, 2, 3]}
    other = xai.explore(model, pair(), state=json.loads(json.dumps(widget.state)))
    assert (other.index, other.typed, other.method) == (1, {"row": [1, 2, 3]}, "input_x_gradient")
    assert other.result.parts == widget.result.parts
    other.close()
    widget.save(tmp_path / "maps.csv")
    lines = (tmp_path / "maps.csv").read_text().splitlines()
    assert len(lines) == 1 + 20 + 3
    for name in ("a.png", "a.svg", "a.npz"):
        widget.save(tmp_path / name)
    with np.load(tmp_path / "a.npz") as kept:
        assert np.array_equal(kept["map 0"], widget.result.maps[0])
        assert np.array_equal(kept["map 1"], widget.result.maps[1])
    assert widget._repr_png_()[:4] == b"\x89PNG"


def test_both_frameworks_and_two_models_agree(model):
    pictures, rows = pair()
    picture, row = keras.Input((5, 4, 1), name="picture"), keras.Input((3,), name="row")
    whole = keras.layers.Concatenate()([keras.layers.Flatten()(picture), row])
    theirs = keras.Model([picture, row], keras.layers.Dense(2)(whole))
    net = Linear()
    weights = np.concatenate([net.seen.detach().numpy().ravel(), net.read.detach().numpy()])
    theirs.layers[-1].set_weights([np.stack([-weights, weights], 1), np.zeros(2)])
    other = xai.wrap(theirs, classes=CLASSES, bounds=[(0, 1), None], input_layout=["height, width, channels", None])
    both = xai.explore({"torch": model, "keras": other}, (pictures, rows), target="storm")
    found = both.result
    for ours, alike in zip(found["torch"].maps, found["keras"].maps, strict=True):
        assert np.allclose(ours, alike, atol=1e-5)
    browser = Browser(both)
    browser.request()
    browser.finish()
    difference = browser.frames[-1]["difference"]
    assert difference["relative"] < 1e-4
    assert "models['keras']" in both.code
    both.close()
    swapped = xai.wrap(
        Linear(),
        classes=CLASSES,
        input_shape=[(1, 5, 4), (3,)],
        input_layout=["channels, height, width", None],
        bounds=[(0, 1), None],
        input_names=["image", "row"],
    )
    with pytest.raises(ValueError, match="need the same inputs"):
        xai.explore({"one": model, "two": swapped}, (pictures, rows))


def test_the_baseline_is_said_of_pictures(widget, model):
    pictures, rows = pair()
    widget.set(baseline="white")
    seen, read = owed(pictures[0] - 1, rows[0])
    assert widget.result.parts == pytest.approx({"picture": seen.sum(), "row": read.sum()}, abs=1e-4)
    assert "baseline=('white', 'zero')" in widget.code


class Product(nn.Module):
    """The score of "storm" is a product, so what a feature adds depends on which others are there."""

    def forward(self, picture, row):
        score = picture.mean((1, 2, 3)) * (1 + row[:, 0] * row[:, 1]) + row[:, 2]
        return torch.stack([-score, score], 1)


def product():
    """Return such a network of the inputs of `two_inputs`."""
    return xai.wrap(
        Product(),
        classes=CLASSES,
        input_shape=[(1, 5, 4), (3,)],
        input_layout=["channels, height, width", None],
        bounds=[(0, 1), None],
        input_names=["picture", "row"],
        outputs="logits",
    )


def by_orders(model, picture, row):
    """Return the Shapley values of the four squares of side 3 and of each number, from all orders one by one."""
    blocks = np.arange(5)[:, None] // 3 * 2 + np.arange(4) // 3
    count = 4 + len(row)
    worth = {}
    for present in itertools.product((False, True), repeat=count):
        there = np.array(present)
        seen, read = np.where(there[blocks], picture, 0), np.where(there[4:], row, 0)
        worth[present] = float(model.scores((seen[None].astype("float32"), read.astype("float32")))[0, 1])
    values = np.zeros(count)
    for order in itertools.permutations(range(count)):
        present = [False] * count
        for player in order:
            before = worth[tuple(present)]
            present[player] = True
            values[player] += worth[tuple(present)] - before
    return values / math.factorial(count), blocks


def test_inputs_are_divided_into_features():
    model, (pictures, rows) = product(), pair()
    widget = xai.explore(model, pair(), target="storm", method="shapley_exact")
    assert (widget.features, widget.result.features.count) == ({}, 2)
    widget.set(features={"picture": "squares", "row": "pixels"}, size=3)
    result = widget.result
    values, blocks = by_orders(model, pictures[0], rows[0])
    assert np.allclose(result.maps[0], values[blocks], atol=1e-5)
    assert np.allclose(result.maps[1], values[4:], atol=1e-5)
    assert result.parts == pytest.approx({"picture": values[:4].sum(), "row": values[4:].sum()}, abs=1e-5)
    alone = xai.ExactShapley(features=("squares", "pixels"), size=3, baseline=("black", "zero"))(
        model, (pictures[:1], rows[0]), quantity=xai.Logit("storm")
    )
    assert all(np.allclose(ours, theirs, atol=1e-6) for ours, theirs in zip(result.maps, alone.maps, strict=True))
    browser = Browser(widget)
    browser.request()
    browser.finish()
    assert sum(browser.frames[-1]["shares"]) == pytest.approx(browser.frames[-1]["score"], abs=1e-4), (
        "the network is zero at the baseline"
    )
    browser.request(features={"row": "pixels"})
    browser.finish()
    assert np.ptp(browser.maps()[-1][:20]) == 0, "the picture is one feature"
    assert widget.features == {"picture": "squares", "row": "pixels"}
    widget.close()


@pytest.mark.parametrize("method", ["feature_ablation", "shapley_sampling", "shapley_exact", "kernel_shap", "lime"])
def test_what_is_divided_stays_is_written_down_and_comes_back(model, method):
    widget = xai.explore(model, pair(), target="storm", method=method, features={"row": "pixels", "picture": "whole"})
    assert widget.features == {"row": "pixels"}
    _, read = owed(pair()[0][0], pair()[1][0])
    atol = 0.02 if method == "lime" else 1e-4  # A ridge shrinks what it fits.
    assert np.allclose(widget.result.maps[1], read, atol=atol)
    names = {"model": model, "images": pair()}
    exec(widget.code, names)
    for ours, theirs in zip(names["result"].maps, widget.result.maps, strict=True):
        assert np.allclose(ours, theirs, atol=1e-5)
    other = xai.explore(model, pair(), state=json.loads(json.dumps(widget.state)))
    assert other.features == widget.features
    assert other.result.parts == pytest.approx(widget.result.parts, abs=1e-5)
    other.set(method="saliency", index=1)
    assert other.features == {"row": "pixels"}
    assert "features" not in other.code
    other.features = {}
    assert other.set(method=method) is None
    assert other.result.features.count == 2
    other.close()
    widget.close()


def test_what_is_no_division_is_refused(widget):
    widget.set(method="shapley_exact", features={"row": "pixels"})
    for wrong, message in [
        ({"row": "squares"}, r"features\['row'\] 'squares'.*'whole', 'pixels'"),
        ({"picture": "pixels"}, "'whole', 'squares', 'superpixels'"),
        ({"picture": 3}, r"features\['picture'\] is 3; expected 'whole' or 'squares'"),
        ({"sound": "pixels"}, "sound"),
        ("squares", "expected a dict by the names of inputs"),
    ]:
        with pytest.raises((ValueError, TypeError), match=message):
            widget.features = wrong
        assert widget.features == {"row": "pixels"}
    widget.set(features={"picture": "squares"}, size=1)
    with pytest.raises(ValueError, match=r"There are 21 features.*expected at most 16"):
        _ = widget.result
    widget.set(size=2)
    assert widget.result.features.count == 7
