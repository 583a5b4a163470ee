"""The decomposer's kernel side: dictionaries along a curve, features, where they are largest, what is switched off."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.widgets.conftest import state_of
from xai_widgets.concepts.factors.factors import Rows
from xai_widgets.widgets.ladder import ladder

LABELS = [0, 1, 1, 2]
SMALL = {"features": 6, "steps": 60, "sparsity": 0.02}


def as_taken(images):
    return np.moveaxis(np.asarray(images) / 255, -1, 1).astype("float32")


@pytest.fixture
def fitted(model, images):
    return xai.SparseAutoencoder(**SMALL).fit(model, as_taken(images), layer="1")


def test_the_result_is_the_dictionary_and_the_frames_tell_how_good_it_is(decomposers, model, images, fitted):
    widget, browser = decomposers(model, images, "1", options=SMALL)
    browser.finish()
    np.testing.assert_allclose(widget.result.dictionary, fitted.dictionary, atol=1e-5)
    last = browser.frames[-1]
    assert (last["final"], last["features"], last["steps"]) == (True, 6, 60)
    expected = {"at": 0.02, "unexplained": fitted.unexplained, "active": fitted.active, "dead": fitted.dead}
    assert last["fit"].pop("found") is None
    assert last["fit"] == pytest.approx(expected, rel=1e-4)
    assert browser.frames[0]["header"]["state"] == state_of(widget)


def test_the_curve_holds_what_each_stop_of_the_slider_brings_from_the_same_start(decomposers, model, images):
    _, browser = decomposers(model, images, "1", options=SMALL)
    browser.finish()
    curve = {point["at"]: point for point in browser.frames[-1]["curve"]}
    option = next(option for option in xai.SparseAutoencoder.options() if option.name == "sparsity")
    low, high = option.slider
    stops = [at for at in low * 2 ** np.arange(0, 8, 0.5) if at <= high]
    assert sorted(curve) == pytest.approx(stops, rel=1e-5), "0.02, where it began, is one of them"
    for at in (low, high):
        alone = xai.SparseAutoencoder(**{**SMALL, "sparsity": at}).fit(model, as_taken(images), layer="1")
        assert (curve[at]["unexplained"], curve[at]["dead"]) == (pytest.approx(alone.unexplained, rel=1e-4), alone.dead)


def test_tiles_stand_where_a_loop_finds_features_largest(decomposers, model, net, images, fitted):
    _, browser = decomposers(model, images, "1", options=SMALL)
    browser.finish()
    last = browser.frames[-1]
    with torch.no_grad():
        maps = net[:2](torch.from_numpy(as_taken(images))).numpy().astype(float)
    tiles = last["tiles"]
    assert [tile["density"] for tile in tiles] == sorted(fitted.density, reverse=True)
    for tile in tiles:
        direction, bias = fitted.dictionary[tile["feature"]], fitted.bias[tile["feature"]]
        best = []
        for number, one in enumerate(maps):
            codes = [(max(one[:, y, x] @ direction + bias, 0), y, x) for y in range(16) for x in range(16)]
            value, y, x = max(codes, key=lambda code: code[0])
            if value > 0:
                # A convolution of 3 by 3 sees a place and its neighbours.
                best.append((-value, [number, max(y - 1, 0), min(y + 2, 16), max(x - 1, 0), min(x + 2, 16)]))
        assert tile["sights"] == [sight for _, sight in sorted(best, key=lambda one: one[0])]


def test_the_pictures_of_a_feature_are_its_maps(decomposers, model, images, fitted):
    widget, browser = decomposers(model, images, "1", options=SMALL, feature=3)
    browser.finish()
    last, expected = browser.frames[-1], fitted.maps[:, 3]
    assert last["top"] == np.argsort(-expected.max(axis=(1, 2)), kind="stable").tolist()
    np.testing.assert_allclose(browser.maps()[-1], expected[last["top"]], atol=1e-6)
    assert (last["feature"], last["shape"], last["grid"]) == (3, [4, 16, 16], [16, 16])
    assert widget.feature == 3


def test_features_that_are_off_change_the_answers(decomposers, model, net, images, fitted):
    widget, browser = decomposers(model, images, "1", options=SMALL, labels=LABELS, without=[0, 2], feature=0)
    browser.finish()
    with torch.no_grad():
        x = torch.from_numpy(as_taken(images))
        inner = net[:2](x)
        before = torch.softmax(net(x), 1).numpy()
        rows = inner.numpy().transpose(0, 2, 3, 1).reshape(-1, 4)
        codes = np.maximum(rows @ fitted.dictionary.T + fitted.bias, 0)
        codes[:, [0, 2]] = 0
        decoded = (codes @ fitted.dictionary).reshape(4, 16, 16, 4).transpose(0, 3, 1, 2)
        after = torch.softmax(net[2:](torch.from_numpy(decoded.astype("float32"))), 1).numpy()
    last = browser.frames[-1]
    names = ["cat", "dog", "fox"]
    for picture, rows in zip(last["top"], last["answers"], strict=True):
        for row in rows:
            place = names.index(row["name"])
            assert (row["before"], row["after"]) == pytest.approx(
                (before[picture, place], after[picture, place]), abs=1e-4
            )
    right = [(one.argmax(1) == LABELS) for one in (before, after)]
    assert [row["name"] for row in last["accuracy"]] == ["all pictures", *names]
    assert (last["accuracy"][0]["before"], last["accuracy"][0]["after"]) == (right[0].mean(), right[1].mean())
    for label, row in enumerate(last["accuracy"][1:]):
        own = np.array(LABELS) == label
        assert (row["count"], row["before"], row["after"]) == (own.sum(), right[0][own].mean(), right[1][own].mean())
    assert widget.without == [0, 2]


@pytest.mark.parametrize("kind", ["segments", "values"])
def test_a_network_that_answers_with_no_class_has_no_accuracy(decomposers, images, kind):
    torch.manual_seed(0)
    head = nn.Conv2d(4, 3, 1) if kind == "segments" else nn.Sequential(nn.Flatten(), nn.Linear(4 * 16 * 16, 2))
    network = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), head)
    said = {} if kind == "segments" else {"outputs": "values"}
    wrapped = xai.wrap(network, input_shape=(3, 16, 16), **said)
    _, browser = decomposers(wrapped, images, "1", options=SMALL, without=[1])
    browser.finish()
    last = browser.frames[-1]
    assert (last["final"], last["accuracy"], last["answers"], browser.errors) == (True, [], [[]] * 4, [])


def test_a_layer_without_places_sees_whole_pictures(decomposers, images):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(768, 5), nn.ReLU(), nn.Linear(5, 3))
    _, browser = decomposers(xai.wrap(network, input_shape=(3, 16, 16)), images, "2", options=SMALL)
    browser.finish()
    last = browser.frames[-1]
    assert last["shape"] == [4, 1, 1]
    assert {tuple(sight[1:]) for tile in last["tiles"] for sight in tile["sights"]} == {(0, 16, 0, 16)}


@pytest.mark.parametrize("method", ["principal_components", "nonnegative_factors"])
def test_other_methods_stand_behind_the_same_menu(decomposers, model, images, method):
    widget, browser = decomposers(model, images, "1", options=SMALL, feature=5, without=[5])
    widget.method = method
    browser.finish()
    way = {"principal_components": xai.PrincipalComponents, "nonnegative_factors": xai.NonNegativeFactors}[method]
    expected = way(**widget.options).fit(model, as_taken(images), layer="1")
    np.testing.assert_allclose(widget.result.dictionary, expected.dictionary, atol=1e-6)
    assert (widget.feature, widget.without) == (None, [])
    widget.method = "sparse_autoencoder"
    assert {name: widget.options[name] for name in SMALL} == SMALL, "as it was when it was last in view"


def test_there_are_no_more_components_than_units(model, images):
    assert ladder(xai.PrincipalComponents(), Rows(model, as_taken(images), "1")) == [1, 2, 3, 4]


def test_known_directions_are_a_curve_of_their_own(decomposers, model, images, fitted):
    truth = np.random.default_rng(0).normal(size=(5, 4))
    widget, browser = decomposers(model, images, "1", options=SMALL, truth=truth)
    browser.finish()
    assert browser.frames[-1]["fit"]["found"] == pytest.approx(xai.recovered(fitted.dictionary, truth)[0])
    widget.layer = "0" if "0" in widget.catalogue["layers"] else "2"
    browser.finish()
    assert widget.result.dictionary.shape[1] == 4 or browser.frames[-1]["fit"]["found"] is None


def test_what_was_fitted_is_not_fitted_again(decomposers, images):
    asked = []

    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(1)
            self.first, self.last = nn.Conv2d(3, 4, 3), nn.Linear(4, 3)

        def forward(self, x):
            asked.append(len(x))
            return self.last(torch.relu(self.first(x)).mean((2, 3)))

    widget, browser = decomposers(xai.wrap(Counting(), input_shape=(3, 16, 16)), images, "first", options=SMALL)
    browser.finish()
    del asked[:]
    for change in ({"feature": 1}, {"index": 2}, {"feature": 3}):
        widget.set(**change)
        browser.finish()
    assert sum(asked) <= 6, "whether the network is the same"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"feature": 6}, "0 to 5"),
        ({"feature": True}, "expected its number"),
        ({"without": [0, 9]}, "0 to 5"),
        ({"without": "all"}, "list of the features"),
        ({"layer": "9"}, "layer with units"),
        ({"index": 4}, "0 to 3"),
        ({"options": {"sparsity": -1}}, "sparsity"),
        ({"options": {"count": 2}}, "'count'"),
        ({"method": "saliency"}, "'saliency'"),
        ({"unit": 1}, "'unit'"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(decomposers, model, images, change, said):
    widget, _ = decomposers(model, images, "1", options=SMALL, feature=1, without=[2])
    before = state_of(widget)
    with pytest.raises((ValueError, TypeError), match=said):
        widget.set(**change)
    assert state_of(widget) == before


def test_what_does_not_fit_is_said_when_it_is_made(model, images):
    with pytest.raises(ValueError, match="at least two"):
        xai.dictionary(model, images[:1])
    with pytest.raises(ValueError, match=r"\(4,\)"):
        xai.dictionary(model, images, labels=[0, 1])
    with pytest.raises(ValueError, match="truth"):
        xai.dictionary(model, images, truth=[1, 2])
    with pytest.raises(ValueError, match="expected one, of which a layer"):
        xai.dictionary({"a": model, "b": model}, images)


def test_another_option_keeps_the_feature_and_switches_all_on(decomposers, model, images):
    widget, _ = decomposers(model, images, "1", options=SMALL, feature=5, without=[5])
    widget.options = {"sparsity": 0.04}
    assert (widget.feature, widget.without, widget.options["features"]) == (5, [], 6)
    widget.options = {"features": 3}
    assert widget.feature is None


def test_its_code_finds_the_same(decomposers, model, images):
    widget, _ = decomposers(model, images, "1", options=SMALL, feature=2, without=[1])
    room = {"model": model, "images": images}
    exec(widget.code, room)
    np.testing.assert_allclose(room["result"].dictionary, widget.result.dictionary, atol=1e-5)
    assert room["places"][0].input == widget.result.top(2)[0].input
    assert room["answers"].shape == (4,)


def test_its_state_begins_another_one(decomposers, model, images):
    widget, _ = decomposers(model, images, "1", method=xai.NonNegativeFactors(count=3), feature=2, without=[1])
    other, _ = decomposers(model, images, state=widget.state_text)
    assert state_of(other) == state_of(widget)
    assert repr(other) == repr(widget)


def test_a_drawing_of_it_says_how_good_the_dictionary_is(decomposers, model, images, tmp_path):
    widget, _ = decomposers(model, images, "1", options=SMALL, feature=2)
    widget.save(tmp_path / "feature.svg")
    words = (tmp_path / "feature.svg").read_text("utf-8")
    assert "feature 2" in words
    assert "unexplained" in words
    assert widget._repr_png_()[:4] == b"\x89PNG"
