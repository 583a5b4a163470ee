"""Whatever pictures come as, models get what they take, and the written Python gives the same."""

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import xai_widgets as xai
from xai_widgets.widgets.pictures import Pictures

RNG = np.random.default_rng(0)


def first_model(shape, bounds=(0, 1), layout=None):
    """A channels-first, channels-last or flat model: any input shape will do."""
    size = int(np.prod(shape))
    return xai.wrap(
        lambda x: x.reshape(len(x), -1)[:, : min(2, size)] * 1.0,
        backend="torch",
        input_shape=shape,
        input_layout=layout,
        bounds=bounds,
        outputs="values",
    )


def check(images, shape, expected, bounds=(0, 1), index=0):
    pictures = Pictures(images, {"": first_model(shape, bounds)})
    value, expression, _ = pictures.input("", index)
    np.testing.assert_allclose(value, expected, rtol=1e-6)
    again = eval(expression, {"np": np, "images": images})
    np.testing.assert_array_equal(again, value)
    return pictures


COLOUR = RNG.uniform(size=(5, 8, 6, 3)).astype(np.float32)
GREY = RNG.uniform(size=(5, 8, 6)).astype(np.float32)
BYTES = RNG.integers(0, 256, (5, 8, 6, 3), np.uint8)


@pytest.mark.parametrize(
    ("images", "shape", "expected", "count"),
    [
        (COLOUR, (3, 8, 6), COLOUR[0].transpose(2, 0, 1), 5),
        (COLOUR, (8, 6, 3), COLOUR[0], 5),
        (COLOUR[0], (3, 8, 6), COLOUR[0].transpose(2, 0, 1), 1),
        (COLOUR[0], (8, 6, 3), COLOUR[0], 1),
        (list(COLOUR), (8, 6, 3), COLOUR[0], 5),
        (GREY, (1, 8, 6), GREY[0][None], 5),
        (GREY, (8, 6, 1), GREY[0][..., None], 5),
        (GREY, (8, 6), GREY[0], 5),
        (GREY[0], (1, 8, 6), GREY[0][None], 1),
        (GREY[0], (8, 6), GREY[0], 1),
        (GREY[..., None], (1, 8, 6), GREY[0][None], 5),
        (GREY[..., None], (8, 6), GREY[0], 5),
        (GREY[0][..., None], (8, 6), GREY[0], 1),
        (GREY.reshape(5, 48), (48,), GREY[0].ravel(), 5),
        (GREY[0].ravel(), (48,), GREY[0].ravel(), 1),
        (torch.from_numpy(COLOUR).requires_grad_(False), (8, 6, 3), COLOUR[0], 5),
        (BYTES, (3, 8, 6), BYTES[0].transpose(2, 0, 1) / 255, 5),
        (BYTES[..., 0], (1, 8, 6), BYTES[0, ..., 0][None] / 255, 5),
        (BYTES[..., 0], (8, 6, 1), BYTES[0, ..., 0][..., None] / 255, 5),
    ],
)
def test_arrays_become_what_the_model_takes(images, shape, expected, count):
    assert len(check(images, shape, expected)) == count


@pytest.mark.parametrize(
    ("array", "shape", "count"),
    [
        (np.zeros((28, 28, 3)), (3, 28, 28), 1),
        (np.zeros((28, 28, 3)), (28, 3), 28),
        (np.zeros((28, 28, 28)), (1, 28, 28), 28),
        (np.zeros((3, 28, 28)), (1, 28, 28), 3),
        (np.zeros((4, 4, 4)), (4, 4, 4), 1),
    ],
)
def test_three_axes_are_read_as_the_model_needs_them(array, shape, count):
    layout = "channels, height, width" if shape == (4, 4, 4) else None
    assert len(Pictures(array, {"": first_model(shape, layout=layout)})) == count


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ((0, 1), [0, 0.2, 1]),
        ((-1, 1), [-1, -0.6, 1]),
        ((0, 255), [0, 51, 255]),
        ((2, 4), [2, 2.4, 4]),
        ((0, 0.5), [0, 0.1, 0.5]),
    ],
)
def test_bytes_are_scaled_to_the_bounds(bounds, expected):
    images = np.array([[[0, 51, 255]]], np.uint8)
    pictures = check(images, (1, 3), np.array([expected]), bounds)
    np.testing.assert_array_equal(pictures.shown[0][0, :, 0], [0, 51, 255])


@pytest.mark.parametrize(
    ("mode", "shape", "expected_mode"),
    [
        ("RGB", (3, 8, 6), "RGB"),
        ("RGBA", (3, 8, 6), "RGB"),
        ("P", (8, 6, 3), "RGB"),
        ("L", (3, 8, 6), "RGB"),
        ("L", (1, 8, 6), "L"),
        ("L", (8, 6), "L"),
        ("1", (8, 6), "L"),
        ("RGBA", (4, 8, 6), "RGBA"),
    ],
)
def test_pil_pictures_of_any_mode(mode, shape, expected_mode):
    picture = Image.fromarray(BYTES[0]).convert(mode)
    expected = np.asarray(picture.convert(expected_mode)) / 255
    expected = np.moveaxis(expected, -1, 0) if expected.ndim == 3 and shape[0] in (3, 4) else expected.reshape(shape)
    check(picture, shape, expected)
    check([picture, picture], shape, expected, index=1)


def test_a_model_without_a_shape_gets_it_from_the_first_picture():
    network = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.LazyLinear(2))
    network(torch.zeros(1, 3, 8, 6))
    for images in (COLOUR, COLOUR[0], list(COLOUR), Image.fromarray(BYTES[0])):
        model = xai.wrap(network)
        assert model.input_shape is None
        Pictures(images, {"": model})
        assert model.input_shape == (3, 8, 6)


def test_a_grey_stack_gives_a_channel_to_a_model_without_a_shape():
    model = xai.wrap(nn.Sequential(nn.Conv2d(1, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()))
    assert len(Pictures(GREY, {"": model})) == 5
    assert model.input_shape == (1, 8, 6)


def test_two_layouts_side_by_side():
    pictures = Pictures(COLOUR, {"first": first_model((3, 8, 6)), "last": first_model((8, 6, 3))})
    first, last = (pictures.input(name, 2).value for name in ("first", "last"))
    np.testing.assert_array_equal(first.transpose(1, 2, 0), last)


def test_the_browser_gets_the_pictures():
    pictures = Pictures(BYTES, {"": first_model((3, 8, 6))})
    entry = pictures.catalogue()[1]
    assert (entry["label"], entry["width"], entry["height"]) == ("picture 2", 6, 8)
    kind, data = entry["src"].split(",")
    assert kind == "data:image/png;base64"
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(base64.b64decode(data)))), BYTES[1])
    assert pictures.side == 6


def test_a_file_gives_its_name(tmp_path):
    Image.fromarray(BYTES[0]).save(tmp_path / "coffee.png")
    with Image.open(tmp_path / "coffee.png") as picture:
        assert Pictures([picture], {"": first_model((8, 6, 3))}).catalogue()[0]["label"] == "coffee"


def test_vectors_have_no_picture():
    pictures = Pictures(GREY.reshape(5, 48), {"": first_model((48,))})
    assert pictures.shown == [None] * 5
    assert pictures.catalogue()[0]["width"] == 7
    assert pictures.side == 48


@pytest.mark.parametrize(
    ("images", "shape", "error", "message"),
    [
        (
            COLOUR.transpose(0, 3, 1, 2),
            (3, 8, 6),
            ValueError,
            r"has shape \(3, 8, 6\); expected \(8, 6, 3\).*channels last",
        ),
        (COLOUR[0].transpose(2, 0, 1), (3, 8, 6), ValueError, "channels last"),
        (COLOUR, (3, 16, 12), ValueError, r"shape \(8, 6, 3\); expected \(16, 12, 3\).*resize\(\(12, 16\)\)"),
        (GREY, (3, 8, 6), ValueError, "channels differ: 1 and 3.*[Rr]epeat"),
        (COLOUR, (1, 8, 6), ValueError, "channels differ: 3 and 1.*grey"),
        (np.zeros((2, 8, 6, 4)), (3, 8, 6), ValueError, r"images\[\.\.\., :3\]"),
        (GREY, (48,), ValueError, r"flatten with images.reshape"),
        (np.zeros((2, 3, 8, 6, 3)), (3, 8, 6), ValueError, "one picture"),
        (np.zeros(5), (3, 8, 6), ValueError, r"has shape \(5,\)"),
        (5.0, (3, 8, 6), ValueError, r"has shape \(\)"),
        ([], (3, 8, 6), ValueError, "no pictures"),
        (np.zeros((0, 8, 6, 3)), (3, 8, 6), ValueError, "no pictures"),
        (np.zeros((300, 8, 6, 3), np.float32), (3, 8, 6), ValueError, "300 pictures; expected at most 256"),
        (np.full((2, 8, 6, 3), np.nan), (3, 8, 6), ValueError, "Picture 0: .*NaN"),
        (BYTES.astype(int), (3, 8, 6), TypeError, "holds integers"),
        (np.zeros((2, 8, 6, 3), bool), (3, 8, 6), TypeError, "bool"),
        ("cat.png", (3, 8, 6), TypeError, "Found a str; expected arrays"),
        ({"a": 1}, (3, 8, 6), TypeError, "Found a dict"),
        ((x for x in COLOUR), (3, 8, 6), TypeError, "generator"),
        ([None], (3, 8, 6), TypeError, "NoneType"),
        (Image.fromarray(BYTES[0]), (1, 8, 6), ValueError, r"convert\('L'\)"),
        (Image.fromarray(np.zeros((8, 6), np.float32)), (1, 8, 6), TypeError, "mode 'F'"),
        ([COLOUR[0], COLOUR[1][:4]], (3, 8, 6), ValueError, "Picture 1: "),
        (COLOUR, (3, 8, 6, 1), ValueError, "pictures, rows of tables and texts.*input_layout"),
    ],
)
def test_what_does_not_fit_is_said(images, shape, error, message):
    with pytest.raises(error, match=message):
        Pictures(images, {"": first_model(shape)})


def test_the_error_names_the_model():
    models = {"small": first_model((3, 8, 6)), "large": first_model((3, 16, 12))}
    with pytest.raises(ValueError, match="Picture 0, for large"):
        Pictures(COLOUR, models)
