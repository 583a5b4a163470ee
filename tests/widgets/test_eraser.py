"""The eraser's kernel side: what is erased in which order, the curves, and that nothing wrong changes anything."""

import re

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.widgets.conftest import held, state_of
from xai_widgets.attribution.method import METHODS as METHOD_CLASSES
from xai_widgets.errors import InputError
from xai_widgets.widgets.eraser_image import erased

METHODS = ["saliency", "input_x_gradient"]


@pytest.fixture
def masks():
    masks = np.zeros((4, 16, 16), bool)
    masks[:, 4:9, 6:12] = True
    return masks


def arrays(browser, view):
    """Return the map and the order of the newest frame of a view."""
    for _, data, buffers in reversed(browser.comm.published):
        content = data.get("content", {})
        if data.get("method") == "custom" and content["type"] == "frame" and content["view"] == view:
            shapes = content["shape"], content["places"]
            return [np.frombuffer(one, "<f4").reshape(shape) for one, shape in zip(buffers, shapes, strict=True)]
    raise AssertionError("there is no frame")


def test_curves_are_those_of_the_metric(erasers, model, images, masks):
    widget, browser = erasers(model, images, METHODS, masks, steps=16, controls=True, index=1, fill="black")
    result = widget.result
    x = np.moveaxis(images[1] / 255, -1, 0).astype("float32")
    methods = [xai.Saliency(), xai.InputXGradient(), xai.RandomMap(), xai.CentreBlob(), xai.TrueMask(masks=masks[1])]
    assert list(result) == ["Saliency", "Input × gradient", "random map", "centre blob", "true mask"]
    browser.finish()
    for view, (method, found) in enumerate(zip(methods, result.values(), strict=True)):
        expected = xai.Deletion(steps=16, fill="black")(model, x, method=method)
        np.testing.assert_allclose(found.curves, expected.curves, rtol=1e-5, atol=1e-6)
        frame = [one for one in browser.frames if one["view"] == view][-1]
        np.testing.assert_allclose(frame["curve"], expected.curve, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(
            frame["other"],
            xai.Deletion(steps=16, fill="black", order="lerf")(model, x, method=method).curve,
            rtol=1e-5,
            atol=1e-6,
        )
        assert frame["area"] == pytest.approx(expected.value, rel=1e-4)
        assert frame["apart"] == pytest.approx(expected.abpc, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("way", ["erase", "reveal"])
@pytest.mark.parametrize("features", ["pixels", "squares"])
def test_the_order_gives_the_picture_that_was_measured(erasers, model, images, way, features):
    widget, browser = erasers(model, images, ["saliency"], way=way, features=features, size=4, steps=8, fill="black")
    widget.share = 0.375
    score = next(iter(widget.result.values()))
    browser.finish()
    _, order = arrays(browser, 0)
    gone = erased(order, browser.frames[-1]["parts"], widget.share, way)
    x = np.moveaxis(images[0] / 255, -1, 0).astype("float32")
    (node,) = np.flatnonzero(np.isclose(score.shares, 0.375))
    top = model.scores(x[None])[0].argmax()
    left = model.probabilities(np.where(gone, 0, x).astype("float32")[None])[0, top]
    assert score.curve[node] == pytest.approx(left, rel=1e-5)
    assert 0.3 < gone.mean() < 0.7


def test_the_node_under_the_finger_is_in_the_first_frame_of_a_move(erasers, model, images):
    _, browser = erasers(model, images, METHODS, steps=64)
    browser.finish()
    for share in (0.5, 0.765625):
        number = browser.request(share=share)
        browser.finish()
        first = [one for one in browser.frames if one["request"] == number and one["first"]]
        assert len(first) == 2
        assert all(share in one["shares"] for one in first)


def test_one_stands_where_it_is_measured(erasers, model, images):
    widget, _ = erasers(model, images, METHODS, steps=64, share=0.1)
    assert widget.share == 0.09375
    widget.steps = 10
    assert widget.share == 0.1


def test_the_code_gives_what_is_on_the_screen(erasers, model, images, masks):
    last = int(model.scores(np.moveaxis(images[:1] / 255, -1, 1).astype("float32"))[0].argmin())
    grid = [xai.GradCam(), {"method": "saliency"}]
    widget, _ = erasers(
        model,
        images,
        grid,
        masks,
        way="reveal",
        fill=0.5,
        features="squares",
        size=4,
        steps=8,
        target=last,
        controls=True,
    )
    namespace = {"model": model, "images": images, "masks": masks}
    exec(widget.code, namespace)
    assert list(namespace["result"]) == list(widget.result)
    for title, found in widget.result.items():
        np.testing.assert_allclose(namespace["result"][title].curves, found.curves, rtol=1e-5, atol=1e-6)


def test_methods_at_layers_are_in_the_code_too(erasers, model, images):
    widget, _ = erasers(model, images, [{"method": "saliency", "layer": "0"}, "saliency"], steps=4)
    namespace = {"model": model, "images": images}
    exec(widget.code, namespace)
    for title, found in widget.result.items():
        np.testing.assert_allclose(namespace["result"][title].curves, found.curves, rtol=1e-5, atol=1e-6)


def test_it_is_kept_and_begins_again(erasers, model, images, masks):
    widget, _ = erasers(model, images, METHODS, masks, way="reveal", fill="noise", share=0.5, controls=True, index=2)
    again, _ = erasers(model, images, masks=masks, state=widget.state_text)
    assert again.state == widget.state
    assert (again.way, again.fill, again.share, again.controls, again.index) == ("reveal", "noise", 0.5, True, 2)
    assert [cell["method"] for cell in again.grid] == METHODS


def test_where_nobody_chose_methods_there_are_some_of_several_families(erasers, model, images):
    widget, _ = erasers(model, images)
    assert len(widget.grid) == 3
    assert len({METHOD_CLASSES[cell["method"]].family for cell in widget.grid}) == 3


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"share": 1.5}, "share is 1.5; expected a number from 0 to 1"),
        ({"share": "half"}, "share is 'half'; expected a number from 0 to 1"),
        ({"share": True}, "share is True; expected a number"),
        ({"way": "delete"}, "way is 'delete'"),
        ({"fill": "pink"}, "fill is 'pink'"),
        ({"fill": np.zeros((16, 16))}, "expected 'mean' or 'black'.*goes to the metric itself"),
        ({"features": "channels"}, "features is 'channels'"),
        ({"size": 99}, "the shorter side of the pictures is 16"),
        ({"steps": 0}, "steps is 0"),
        ({"controls": 1}, "controls is 1; expected True or False"),
        ({"grid": ["saliencyy"]}, "saliencyy"),
        ({"grid": ["saliency"] * 6}, "There are 6 methods; expected at most 5"),
        ({"index": 9}, "no picture 9"),
        ({"sharee": 1}, "sharee"),
    ],
)
def test_what_is_no_choice_changes_nothing(erasers, model, images, changes, words):
    widget, browser = erasers(model, images, METHODS, steps=4)
    browser.finish()
    before = held(widget)
    with pytest.raises((ValueError, TypeError), match=words):
        widget.set(**changes)
    assert held(widget) == before


def test_several_models_vectors_and_masks_that_do_not_fit_are_refused(model, images, masks):
    with pytest.raises(ValueError, match="Found 2 models; expected one"):
        xai.judge({"one": model, "two": model}, images)
    table = xai.wrap(nn.Linear(3, 2), input_shape=(3,), bounds=(0, 1))
    with pytest.raises(ValueError, match=re.escape("judge() shows pictures")):
        xai.judge(table, np.ones((2, 3), np.float32))
    with pytest.raises(ValueError, match="There are 2 masks for 4 pictures"):
        xai.judge(model, images, masks=masks[:2])
    with pytest.raises(ValueError, match="mask of picture 0 is bool of shape \\(8, 16\\); expected bool of shape"):
        xai.judge(model, images, masks=masks[:, ::2])
    with pytest.raises(TypeError, match="expected an array of bool"):
        xai.judge(model, images, masks=torch.tensor(1))
    with pytest.raises(TypeError, match="masks is 3; expected an array of bool"):
        xai.judge(model, images, masks=3)


def test_a_picture_without_a_mask_has_none(erasers, model, images, masks):
    widget, browser = erasers(model, images, ["saliency"], [masks[0], None, None, None], steps=4)
    assert list(widget.result) == ["Saliency", "true mask"]
    widget.index = 1
    assert list(widget.result) == ["Saliency"]
    browser.finish()
    assert browser.frames[-1]["views"] == 1


def test_what_fails_is_said_where_its_picture_would_be_and_the_others_go_on(erasers, model, images):
    class Failing(xai.Saliency):
        def ask(self, *rest, **more):
            raise InputError("Nobody knows.")

    widget, browser = erasers(model, images, METHODS, steps=4)
    browser.finish()
    widget._answer.judged = lambda state, known=widget._answer.judged: [
        one._replace(method=Failing()) if place == 1 else one for place, one in enumerate(known(state))
    ]
    widget.fill = "black"
    browser.finish()
    assert [(error["view"], error["message"]) for error in browser.errors] == [(1, "Nobody knows.")]
    assert [frame["view"] for frame in browser.frames if frame["final"]][-1] == 0


def test_other_weights_give_another_curve(erasers, model, net, images):
    widget, _ = erasers(model, images, ["saliency"], steps=4)
    before = widget.result["Saliency"]
    with torch.no_grad():
        net[-1].weight *= -1
    after = widget.result["Saliency"]
    assert not np.allclose(before.curve, after.curve)
    expected = xai.Deletion(steps=4)(model, after.judged.question.batch[0], method=xai.Saliency())
    np.testing.assert_allclose(after.curve, expected.curve, rtol=1e-5, atol=1e-6)


def test_files_hold_the_maps_and_a_drawing(erasers, model, images, masks, tmp_path):
    widget, browser = erasers(model, images, METHODS, masks, steps=4)
    for kind in ("png", "svg", "csv", "npz"):
        widget.save(tmp_path / f"a.{kind}")
    assert "What is left of" in (tmp_path / "a.svg").read_text("utf-8")
    again, _ = erasers(model, images, masks=masks, state=tmp_path / "a.png")
    assert again.state == widget.state
    browser.finish()
    assert browser.frames[0]["header"]["state"] == state_of(widget)
