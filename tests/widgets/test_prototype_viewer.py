"""The prototype viewer's kernel side: bills that add up, prototypes that are struck out, code and state."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.later import tf
from tests.widgets.conftest import state_of
from xai_widgets.widgets.prototype_answers import SHOWN

UNITS = 8
CLASSES = ["cat", "dog", "fox"]


def network(seed=3):
    torch.manual_seed(seed)
    found = nn.Sequential()
    layers = {"conv": nn.Conv2d(3, UNITS, 5), "pool": nn.AdaptiveMaxPool2d(1), "flat": nn.Flatten()}
    for name, layer in (layers | {"head": nn.Linear(UNITS, 3)}).items():
        found.add_module(name, layer)
    return found.eval()


def wrapped(network, **told):
    return xai.wrap(network, classes=CLASSES, input_shape=(3, 16, 16), **told)


@pytest.fixture(scope="module")
def own():
    return wrapped(network(), units={"conv": [f"part {number}" for number in range(UNITS)]})


@pytest.fixture(scope="module")
def training():
    return np.random.default_rng(5).integers(0, 256, (20, 16, 16, 3), np.uint8)


def as_taken(images):
    return np.moveaxis(np.asarray(images) / 255, -1, 1).astype("float32")


def summed(frame, weights):
    """Return the scores that the page adds up, without what is struck out."""
    said = np.array(frame["similarities"])
    if frame["header"] is not None:
        said[frame["header"]["state"]["without"]] = 0
    return weights.astype(float) @ said + frame["bias"]


def test_the_result_is_the_finders_and_frames_add_up_to_the_scores(viewers, own, images, training):
    widget, browser = viewers(own, images, training, index=1)
    browser.finish()
    expected = xai.Prototypes("conv", as_taken(training))(own, as_taken(images)[1])
    np.testing.assert_allclose(widget.result.points(0), expected.points(0), rtol=1e-5)
    last = browser.frames[-1]
    assert (last["final"], last["looked"], last["classes"]) == (True, 20, [0, 1, 2])
    assert (last["negative"], last["mean"], last["pushed"]) == (True, False, False)
    np.testing.assert_allclose(browser.maps()[-1], own.network.head.weight.detach(), rtol=1e-5)
    np.testing.assert_allclose(summed(last, browser.maps()[-1]), own.scores(as_taken(images)[1:2])[0], atol=1e-5)
    np.testing.assert_allclose(last["scores"], own.scores(as_taken(images)[1:2])[0], atol=1e-6)
    order = expected.scores.argsort()[::-1]
    assert [last["target"], last["contrast"]] == order[:2].tolist()
    most = np.maximum(np.abs(expected.points(order[0])), np.abs(expected.points(order[1])))
    assert [row["unit"] for row in last["rows"]] == np.argsort(-most).tolist()[:SHOWN]
    assert browser.frames[0]["header"]["state"] == state_of(widget)


def test_patches_are_where_the_finder_sees_them(viewers, own, images, training):
    widget, browser = viewers(own, images, training)
    browser.finish()
    last, found = browser.frames[-1], widget.result
    for row in last["rows"]:
        this, that = found.this(row["unit"]).window, found.that(row["unit"])
        for told, (rows, columns) in ((row["this"], this), (row["that"], that.window)):
            corners = [columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start]
            np.testing.assert_allclose(np.multiply(told, 16), corners)
        assert (row["name"], row["picture"]) == (f"part {row['unit']}", that.input)
    assert {row["picture"] for row in last["rows"]} == {picture["number"] for picture in last["pictures"]}


def test_what_is_struck_out_is_missing_in_the_network_itself(viewers, own, images, training):
    widget, browser = viewers(own, images, training, index=2)
    widget.without = [6, 1]
    browser.finish()
    assert widget.without == [1, 6]
    last = browser.frames[-1]
    x = torch.from_numpy(as_taken(images)[2:3])
    with torch.no_grad():
        said = own.network[:3](x)
        said[:, [1, 6]] = 0
        expected = own.network.head(said)[0].numpy()
    np.testing.assert_allclose(last["scores"], expected, atol=1e-5)
    np.testing.assert_allclose(widget.result.without([1, 6]), expected, atol=1e-5)
    assert {1, 6} <= {row["unit"] for row in last["rows"]}, "what is out can be put back"


def test_training_is_looked_through_once_for_all_pictures(viewers, own, images, training):
    widget, browser = viewers(own, images, training)
    first = widget.result.sources
    widget.index = 3
    assert widget.result.sources is first
    browser.finish()
    assert browser.frames[-1]["first"], "one frame is enough where all is known"


def test_the_bill_is_there_before_training_is_looked_through(viewers, own, images, training):
    widget, _ = viewers(own, images, training)
    widget._answer._sources.forget()
    bills = [one for one in widget._answer._stream(widget._screen.asked) if one is not None]
    assert (bills[0].looked, bills[0].final, bills[-1].looked, bills[-1].final) == (0, False, 20, True)
    for bill in bills:
        np.testing.assert_array_equal(bill.found.points(1), bills[-1].found.points(1))


def test_classes_follow_the_picture_until_they_are_chosen(viewers, own, images, training):
    widget, browser = viewers(own, images, training)
    browser.finish()
    answer, following = browser.frames[-1]["target"], browser.frames[-1]["contrast"]
    widget.target = CLASSES[following]
    browser.finish()
    assert widget.target == following
    assert (browser.frames[-1]["target"], browser.frames[-1]["contrast"]) == (following, answer)
    widget.contrast = following
    assert (widget.target, widget.contrast) == (None, following), "the class that was chosen stands beside another now"
    browser.finish()
    assert browser.frames[-1]["target"] == answer


def test_another_network_brings_its_layer_and_no_prototype_is_out(viewers, own, images, training):
    keras = tf.keras
    layers = [keras.layers.Conv2D(4, 3, name="similar"), keras.layers.GlobalAveragePooling2D(name="mean")]
    made = keras.Sequential([keras.Input((16, 16, 3)), *layers, keras.layers.Dense(3)])
    other = xai.wrap(made, classes=CLASSES, bounds=(0, 1))
    widget, browser = viewers({"torch": own, "keras": other}, images, training, without=[7])
    assert widget.catalogue["networks"] == {"torch": ["flat", "pool", "conv"], "keras": ["mean", "similar"]}
    assert (widget.network, widget.layer) == ("torch", "conv")
    widget.network = "keras"
    assert (widget.layer, widget.without) == ("similar", [])
    browser.finish()
    last = browser.frames[-1]
    assert last["mean"]
    np.testing.assert_allclose(last["scores"], other.scores(np.asarray(images[:1]) / 255)[0], atol=1e-5)
    np.testing.assert_allclose(summed(last, browser.maps()[-1]), last["scores"], atol=1e-5)


def test_weights_that_change_make_another_bill(viewers, images, training):
    net = network(8)
    widget, browser = viewers(wrapped(net), images, training)
    before = widget.result.points(0)
    with torch.no_grad():
        net.head.weight.mul_(2)
    widget.index = 1
    widget.index = 0
    browser.finish()
    np.testing.assert_allclose(widget.result.points(0), 2 * before, rtol=1e-5)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"without": [0, 8]}, "0 to 7"),
        ({"without": "all"}, "list of the prototypes"),
        ({"target": "cow"}, "'cow'"),
        ({"target": 1, "contrast": 1}, "held against itself"),
        ({"layer": "head"}, "layer with a linear head"),
        ({"network": "other"}, "network"),
        ({"index": 4}, "0 to 3"),
        ({"options": {"size": 2}}, "prototypes have none"),
        ({"method": "saliency"}, "prototypes"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(viewers, own, images, training, change, said):
    widget, _ = viewers(own, images, training, without=[2])
    before = state_of(widget)
    with pytest.raises((ValueError, TypeError), match=said):
        widget.set(**change)
    assert state_of(widget) == before


def test_what_does_not_fit_is_said_when_it_is_made(own, images, training):
    with pytest.raises(ValueError, match="training: Picture 0"):
        xai.prototypes(own, images, training[:, 1:])
    bent = network()
    bent.add_module("bend", nn.Softplus())
    with pytest.raises(ValueError, match="no layer behind which every score is a sum"):
        xai.prototypes(wrapped(bent), images, training)
    flat = xai.wrap(nn.Linear(6, 3), input_shape=(6,))
    with pytest.raises(ValueError, match="shows pictures"):
        xai.prototypes(flat, np.zeros((2, 6), np.float32), np.zeros((2, 6), np.float32))


@pytest.mark.parametrize("target", [None, "dog"])
def test_its_code_finds_the_same(viewers, own, images, training, target):
    widget, _ = viewers(own, images, training, index=1, target=target, without=[3])
    room = {"model": own, "images": images, "training": training}
    exec(widget.code, room)
    found = widget.result
    np.testing.assert_allclose(room["points"], found.points(room["target"]), rtol=1e-5)
    np.testing.assert_allclose(room["without"], found.without([3]), atol=1e-5)


def test_its_state_begins_another_one(viewers, own, images, training):
    widget, _ = viewers(own, images, training, index=1, contrast="fox", without=[3])
    again, _ = viewers(own, images, training, state=widget.state)
    assert state_of(again) == state_of(widget)
    assert (again.contrast, again.without) == (2, [3])


def test_its_picture_and_its_values_are_saved(viewers, own, images, training, tmp_path):
    widget, browser = viewers(own, images, training, target="cat")
    browser.finish()
    widget.save(tmp_path / "bill.csv")
    rows = (tmp_path / "bill.csv").read_text("utf-8").splitlines()
    assert len(rows) == 1 + 2 * UNITS
    widget.save(tmp_path / "bill.png")
    assert (tmp_path / "bill.png").stat().st_size > 5000
