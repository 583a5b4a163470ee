"""The painter in the kernel: paint that arrives, what the model gets of it, and what is said back."""

import base64
import io
import json

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import xai_widgets as xai
from tests.widgets.conftest import state_of

MAGENTA = (205, 5, 150)


def patch(index, x, y, layer):
    """Return what the browser sends of a rectangle of paint, and its bytes."""
    height, width = layer.shape[:2]
    place = {"index": index, "x": x, "y": y, "width": width, "height": height, "by": "page"}
    return {"paint": [place]}, [layer.tobytes()]


def solid(height, width, color=MAGENTA, opacity=255):
    return np.broadcast_to(np.uint8([*color, opacity]), (height, width, 4)).copy()


def send(browser, content, buffers=()):
    # As the browser does, whose buffers come as views.
    browser.widget._handle_custom_msg(content, [memoryview(part) for part in buffers])


def stroke(browser, index, x, y, layer, **more):
    """Paint as the browser does while the pointer is down; return the number of the request."""
    place, buffers = patch(index, x, y, layer)
    browser.request_number += 1
    state = {**state_of(browser.widget), **place, **more}
    send(browser, {"type": "request", "request": browser.request_number, "state": state}, buffers)
    return browser.request_number


def lift(browser):
    browser.settle()


def test_without_paint_the_model_gets_exactly_what_was_given(painters, model):
    images = np.random.default_rng(1).uniform(size=(2, 16, 16, 3)).astype(np.float32)
    painter, _ = painters(model, images)
    assert painter.picture.dtype == np.float32
    assert np.array_equal(painter.picture, images[0])
    assert np.array_equal(painter.result.question.batch[0], np.moveaxis(images[0], -1, 0))
    painter.fill_outside_ellipse(MAGENTA)
    assert not np.array_equal(painter.picture, images[0])
    painter.reset()
    assert np.array_equal(painter.picture, images[0])
    assert np.array_equal(painter.original, images[0])


def test_paint_is_mixed_within_the_bounds_of_each_model(painters, net, images):
    models = {
        "unit": xai.wrap(net, input_shape=(3, 16, 16)),
        "signed": xai.wrap(net, input_shape=(3, 16, 16), bounds=(-1, 1)),
        "bytes": xai.wrap(net, input_shape=(3, 16, 16), bounds=(0, 255)),
    }
    painter, _ = painters(models, images, method="saliency")
    layer = np.random.default_rng(2).integers(0, 256, (16, 16, 4), np.uint8)
    painter.paint = layer
    opacity = layer[..., 3:] / 255
    mixed = images[0] / 255 * (1 - opacity) + layer[..., :3] / 255 * opacity
    results = painter.result
    for name, (low, high) in {"unit": (0, 1), "signed": (-1, 1), "bytes": (0, 255)}.items():
        expected = np.moveaxis(mixed * (high - low) + low, -1, 0)
        assert np.allclose(results[name].question.batch[0], expected, atol=1e-6 * (high - low)), name
    assert np.allclose(painter.picture, mixed, atol=1e-7)


def test_a_stroke_is_followed_while_it_is_drawn(painters, model, images):
    painter, browser = painters(model, images, method="saliency")
    browser.finish()
    for column in range(16):
        number = stroke(browser, 0, column, 4, solid(3, 1))
    browser.finish()
    last = browser.frames[-1]
    assert last["request"] == number
    assert last["final"]
    expected = images[0] / 255
    expected[4:7] = np.array(MAGENTA) / 255
    assert np.allclose(painter.picture, expected)
    probabilities = model.probabilities(np.moveaxis(expected, -1, 0))[0]
    header = next(frame["header"] for frame in reversed(browser.frames) if frame["header"])
    assert {row["name"]: row["probability"] for row in header["predictions"]} == pytest.approx(
        dict(zip(model.classes, probabilities.tolist(), strict=True)), abs=1e-6
    )
    before = model.probabilities(np.moveaxis(images[0] / 255, -1, 0))[0]
    assert {row["name"]: row["probability"] for row in header["before"]} == pytest.approx(
        dict(zip(model.classes, before.tolist(), strict=True)), abs=1e-6
    )
    assert header["bare"] is False
    assert painter.predictions == pytest.approx(dict(zip(model.classes, probabilities.tolist(), strict=True)), abs=1e-6)
    assert np.allclose(browser.maps()[-1], painter.result.map)


def test_a_trait_follows_once_the_pointer_is_lifted(painters, model, images):
    painter, browser = painters(model, images)
    stroke(browser, 0, 2, 3, solid(1, 4))
    assert not any("_paint" in update for update in browser.updates)
    generation = painter._screen.session._generation
    lift(browser)
    (update,) = (update["_paint"] for update in browser.updates if "_paint" in update)
    assert update["by"] == "page"
    runs = update["layers"]["0"]
    assert runs == [50, 0, 4, 0xCD0596FF, 256 - 54, 0]
    assert painter._screen.session._generation == generation, "what is computed already is not computed again"


def test_each_picture_keeps_its_paint(painters, model, images):
    painter, browser = painters(model, images, method="saliency")
    stroke(browser, 0, 0, 0, solid(2, 2))
    painter.index = 1
    assert np.array_equal(painter.picture, painter.original)
    stroke(browser, 1, 5, 5, solid(1, 1))
    painter.index = 0
    assert np.count_nonzero(painter.paint[..., 3]) == 4
    painter.reset()
    painter.index = 1
    assert np.count_nonzero(painter.paint[..., 3]) == 1


def test_going_back_to_a_picture_costs_nothing(painters, model, images):
    painter, browser = painters(model, images)
    browser.finish()
    painter.fill_outside_ellipse(MAGENTA)
    browser.finish()
    first = browser.maps()[-1]
    painter.reset()
    browser.finish()
    evaluations = [frame["evaluations"] for frame in browser.frames if frame["first"]]
    painter.fill_outside_ellipse(MAGENTA)
    browser.finish()
    assert [frame["evaluations"] for frame in browser.frames if frame["first"]] == [*evaluations, 65]
    assert np.array_equal(browser.maps()[-1], first)


def test_the_picture_as_it_was_is_shown_on_request(painters, model, images):
    painter, browser = painters(model, images, method="saliency")
    browser.finish()
    untouched = browser.maps()[-1]
    painter.fill_outside_ellipse(MAGENTA)
    browser.finish()
    painted = browser.maps()[-1]
    browser.request_number += 1
    state = {**state_of(painter), "bare": True}
    send(browser, {"type": "request", "request": browser.request_number, "state": state})
    browser.finish()
    assert np.array_equal(browser.maps()[-1], untouched)
    header = next(frame["header"] for frame in reversed(browser.frames) if frame["header"])
    assert header["bare"] is True
    assert header["predictions"] == header["before"]
    assert not np.array_equal(painter.picture, painter.original), "what is painted is kept"
    browser.request()
    browser.finish()
    assert np.array_equal(browser.maps()[-1], painted)


def test_python_paints_and_the_browser_hears_of_it(painters, model, images):
    painter, browser = painters(model, images, method="saliency")
    painter.fill_outside_ellipse(MAGENTA, center=(8, 8), radii=(4, 4), above=16)
    rows, columns = np.mgrid[:16, :16]
    outside = (columns - 8) ** 2 + (rows - 8) ** 2 > 16
    assert np.array_equal(painter.paint[..., 3] == 255, outside)
    assert np.allclose(painter.picture[outside], np.array(MAGENTA) / 255)
    assert np.array_equal(painter.picture[~outside], (images[0] / 255)[~outside])
    assert browser.updates[-1]["_paint"]["by"] is None
    painter.fill_outside_ellipse("#00ff00", center=(8, 8), radii=(4, 4), above=4)
    assert np.allclose(painter.picture[outside & (rows < 4)], (0, 1, 0))
    assert np.allclose(painter.picture[outside & (rows >= 4)], np.array(MAGENTA) / 255)


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (np.zeros((16, 16, 3), np.uint8), ValueError, "shape \\(16, 16, 3\\).*opacity"),
        (np.zeros((8, 8, 4), np.uint8), ValueError, "expected \\(16, 16, 4\\)"),
        (np.zeros((16, 16, 4)), TypeError, "float64.*numpy.uint8"),
        ("magenta", TypeError, "a str"),
    ],
)
def test_paint_that_is_none_is_refused_and_nothing_is_lost(painters, model, images, value, error, words):
    painter, _ = painters(model, images)
    painter.fill_outside_ellipse(MAGENTA)
    before = painter.paint
    with pytest.raises(error, match=words):
        painter.paint = value
    assert np.array_equal(painter.paint, before)


@pytest.mark.parametrize(
    ("color", "error", "words"),
    [
        ("nocolour", ValueError, "no colour 'nocolour'"),
        ((1, 2), TypeError, "red, green and blue"),
        ((0.2, 0.3, 0.4), TypeError, "integers"),
        ((0, 0, 256), ValueError, "0 to 255"),
    ],
)
def test_a_colour_that_is_none_is_refused(painters, model, images, color, error, words):
    painter, _ = painters(model, images)
    with pytest.raises(error, match=words):
        painter.fill_outside_ellipse(color)
    assert not painter.paint.any()


def test_what_is_returned_is_nobody_elses(painters, model, images):
    painter, _ = painters(model, images)
    layer = solid(16, 16)
    painter.paint = layer
    layer[:] = 0
    painter.paint[:] = 0
    painter.picture[:] = 0
    painter.original[:] = 0
    assert (painter.paint[..., 3] == 255).all()
    assert np.allclose(painter.picture, np.array(MAGENTA) / 255)


def test_clear_pixels_are_alike_whatever_colour_they_have(painters, model, images):
    painter, _ = painters(model, images)
    painter.paint = solid(16, 16, opacity=0)
    assert not painter.paint.any()
    assert "painted" not in repr(painter)


@pytest.mark.parametrize(
    "wrong",
    [
        {"index": 9},
        {"index": -1},
        {"x": 15},
        {"y": 15},
        {"width": 3},
        {"height": True, "width": 2.5},
        {"by": 3},
        {"by": None},
    ],
)
def test_paint_that_does_not_fit_is_answered_and_changes_nothing(painters, model, images, wrong):
    painter, browser = painters(model, images)
    place, buffers = patch(0, 2, 2, solid(2, 2))
    place["paint"][0].update(wrong)
    send(
        browser,
        {"type": "request", "request": 5, "state": {**state_of(painter), **place}},
        buffers,
    )
    assert browser.errors[-1]["request"] == 5
    assert "Paint" in browser.errors[-1]["message"]
    assert not painter.paint.any()


@pytest.mark.parametrize(
    ("paint", "buffers"), [([], [b"1234"]), ("all of it", []), ({"index": 0}, [b""]), ([None], [b""])]
)
def test_paint_of_another_kind_is_answered(painters, model, images, paint, buffers):
    painter, browser = painters(model, images)
    send(
        browser,
        {"type": "request", "request": 6, "state": {**state_of(painter), "paint": paint}},
        buffers,
    )
    assert browser.errors[-1]["message"].startswith("Paint")
    assert not painter.paint.any()


@pytest.mark.parametrize(
    "wrong", [{"target": 99}, {"method": "magic"}, {"bare": True, "contrast": 9}, {"colour": "red"}]
)
def test_a_request_that_makes_no_sense_paints_nothing(painters, model, images, wrong):
    painter, browser = painters(model, images, method="saliency")
    stroke(browser, 0, 5, 5, solid(1, 1))
    browser.finish()
    setting, asked, sent = painter._screen.setting, painter._screen.asked, len(browser.frames)
    stroke(browser, 0, 2, 2, solid(2, 2), **wrong)
    assert browser.errors[-1]["request"] == 2
    assert (painter._screen.setting, painter._screen.asked) == (setting, asked)
    assert np.count_nonzero(painter.paint[..., 3]) == 1
    assert len(browser.frames) == sent


def test_the_browser_cannot_set_the_trait(painters, model, images):
    painter, browser = painters(model, images)
    browser.set_traits(_paint={"by": None, "layers": {"0": [256, 0xFF]}})
    assert painter._paint == {"by": None, "layers": {}}
    assert not painter.paint.any()


def test_a_change_from_python_in_the_middle_of_a_stroke_keeps_the_stroke(painters, model, images):
    painter, browser = painters(model, images)
    stroke(browser, 0, 2, 2, solid(2, 2))
    painter.set(steps=8)
    assert np.count_nonzero(painter.paint[..., 3]) == 4
    assert painter._paint["by"] == "page"
    assert np.allclose(painter.result.question.batch[0][:, 2:4, 2:4], np.array(MAGENTA)[:, None, None] / 255)


def test_grey_pictures_are_painted_grey(painters):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 2))
    images = np.random.default_rng(0).uniform(size=(2, 8, 8, 1)).astype(np.float32)
    painter, browser = painters(xai.wrap(net, input_shape=(1, 8, 8)), images)
    assert painter.catalogue["grey"] is True
    stroke(browser, 0, 0, 0, solid(1, 2, (128, 128, 128)))
    assert painter.picture.shape == (8, 8, 1)
    assert np.array_equal(painter.picture[0, :2, 0], np.float32([128 / 255] * 2))
    painter.fill_outside_ellipse((255, 0, 0))
    assert np.allclose(painter.picture[0, 0], 0.299, atol=1e-6)


@pytest.mark.parametrize(
    ("net", "given", "words"),
    [
        (nn.Linear(6, 2), {"input_shape": (6,)}, "three, red, green and blue"),
        (nn.Sequential(nn.Conv2d(2, 2, 5), nn.Flatten()), {"input_shape": (2, 5, 5)}, "three, red, green and blue"),
        (nn.Sequential(nn.Flatten(), nn.Linear(3 * 25, 2)), {"input_shape": (3, 5, 5), "bounds": None}, "no bounds"),
    ],
)
def test_what_cannot_be_painted_on_is_refused(painters, net, given, words):
    shape = given["input_shape"]
    images = np.zeros((1, *(shape if len(shape) == 1 else (*shape[1:], shape[0]))), np.float32)
    with pytest.raises(ValueError, match=words):
        painters(xai.wrap(net, **given), images)


def test_the_code_gives_what_is_on_the_screen(painters, net, images):
    models = {
        "unit": xai.wrap(net, input_shape=(3, 16, 16)),
        "signed": xai.wrap(net, input_shape=(3, 16, 16), bounds=(-1, 1)),
    }
    painter, _ = painters(models, images, method="saliency")
    plain = painter.code
    painter.fill_outside_ellipse(MAGENTA)
    assert "painter.picture" in painter.code
    assert "painter.picture" not in plain
    space = {"models": models, "images": images, "painter": painter}
    exec(painter.code, space)
    for name, result in painter.result.items():
        assert np.allclose(space["result"][name].values, result.values, atol=1e-6), name


def test_the_whole_stands_in_a_notebook_without_a_browser(painters, model, images):
    painter, browser = painters(model, images, method="saliency")
    browser.finish()
    assert repr(painter) == "Painter(picture 1 of 4. Saliency: why the top class)"
    plain = Image.open(io.BytesIO(painter._repr_png_())).size
    painter.fill_outside_ellipse(MAGENTA)
    browser.finish()
    assert repr(painter) == "Painter(picture 1 of 4, painted. Saliency: why the top class)"
    data, _ = painter._repr_mimebundle_()
    image = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert image.size[0] > plain[0], "before and after"
    pixels = np.asarray(image.convert("RGB")).reshape(-1, 3)
    assert (pixels == MAGENTA).all(axis=1).sum() > 1000


def test_the_state_is_json_and_says_what_colours_there_are(painters, model, images):
    painter, _ = painters(model, images)
    painter.fill_outside_ellipse(MAGENTA)
    assert json.loads(json.dumps(painter.catalogue))["grey"] is False
    json.dumps(painter._paint)


def test_a_closed_painter_says_so(painters, model, images):
    painter, _ = painters(model, images)
    painter.close()
    with pytest.raises(ValueError, match=r"This painter is closed; make a new one with paint\(\)"):
        painter.reset()


def test_painting_from_python_shows_what_was_painted(painters, model, images):
    painter, browser = painters(model, images, method="saliency")
    painter.fill_outside_ellipse(MAGENTA)
    browser.request_number += 1
    state = {**state_of(painter), "bare": True}
    send(browser, {"type": "request", "request": browser.request_number, "state": state})
    painter.fill_outside_ellipse("white")
    browser.finish()
    header = next(frame["header"] for frame in reversed(browser.frames) if frame["header"])
    assert header["bare"] is False


@pytest.mark.parametrize(("classes", "shown"), [(10, 10), (40, 8)])
def test_few_classes_are_all_shown_and_of_many_the_best_now_and_before(painters, classes, shown):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64, classes))
    images = np.random.default_rng(0).uniform(size=(1, 8, 8, 3)).astype(np.float32)
    with torch.no_grad():  # the first three classes have the best scores of the picture, and the worst of a white one
        net[1].weight[:3] = -5 / 192
        net[1].bias[:3] = 5
    model = xai.wrap(net, input_shape=(3, 8, 8))
    painter, browser = painters(model, images, method="saliency")
    before = model.probabilities(np.moveaxis(images[0], -1, 0))[0]
    assert set(np.argsort(-before)[:3].tolist()) == {0, 1, 2}
    painter.paint = solid(8, 8, (255, 255, 255))
    browser.finish()
    header = next(frame["header"] for frame in reversed(browser.frames) if frame["header"])
    rows = header["predictions"]
    assert len(rows) == shown
    assert {0, 1, 2} <= {row["index"] for row in rows}
    assert [row["index"] for row in header["before"]] == [row["index"] for row in rows]
    for row in header["before"]:
        assert row["probability"] == pytest.approx(before[row["index"]], abs=1e-6)
