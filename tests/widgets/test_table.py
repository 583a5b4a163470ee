"""Rows of a table in the explorer: named columns, their values, and bars in the picture for pages without a browser."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import xai_widgets as xai

NAMES = ["age", "rooms", "location"]


@pytest.fixture
def rows():
    return np.array([[30, 2, 0.5], [10, 4, 1.5]], np.float32)


def priced(**more):
    torch.manual_seed(0)
    return xai.wrap(nn.Sequential(nn.Linear(3, 1)), input_shape=(3,), bounds=None, outputs="values", **more)


def test_the_catalogue_names_the_columns_and_their_values(explorers, rows):
    widget, _ = explorers(priced(features=NAMES), rows)
    assert widget.catalogue["columns"] == NAMES
    assert [entry["values"] for entry in widget.catalogue["pictures"]] == rows.tolist()
    assert [entry["label"] for entry in widget.catalogue["pictures"]] == ["row 1", "row 2"]


def test_columns_without_names_are_numbered_and_pictures_have_none(explorers, model, images, rows):
    assert explorers(priced(), rows)[0].catalogue["columns"] == ["feature 0", "feature 1", "feature 2"]
    pictures, _ = explorers(model, images)
    assert pictures.catalogue["columns"] is None
    assert "values" not in pictures.catalogue["pictures"][0]


def test_choices_of_pixels_and_of_several_models_are_offered_where_there_are_some(explorers, model, images, rows):
    both = {"one": model, "two": model}
    offered = [(priced(), rows, ""), (model, images, "layout opacity clip smoothing"), (both, images, "scale")]
    for models, inputs, names in offered:
        widget, _ = explorers(models, inputs)
        drawing = [option["name"] for option in widget.catalogue["drawing"]]
        assert {*names.split(), "sign", "colormap"} <= set(drawing)
        assert ("layout" in drawing, "scale" in drawing) == (inputs is images, models is both)


def test_what_divides_pictures_into_features_is_not_offered_for_rows(explorers, model, images, rows):
    for widget, hidden in ((explorers(priced(), rows)[0], True), (explorers(model, images)[0], False)):
        methods = {method["name"]: method["options"] for method in widget.catalogue["methods"]}
        options = {option["name"]: option.get("shown", True) for option in methods["shapley_exact"]}
        assert (options["features"], options["size"]) == (not hidden, not hidden)
        assert options["baseline"]


def red_and_blue(png):
    """In how many rows of pixels there is a red, and a blue, bar at the right of the names."""
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
    # Above the colour scale, which has both.
    red = (pixels[..., 0] > 150) & (pixels[..., 1] < 60) & (pixels[..., 2] < 80)
    blue = (pixels[..., 2] > 150) & (pixels[..., 0] < 60) & (pixels[..., 1] < 120)
    return red, blue


def test_a_figure_draws_signed_bars(rows):
    network = nn.Linear(3, 1)
    with torch.no_grad():
        network.weight[:] = torch.tensor([[1.0, -10.0, 0.0]])
    model = xai.wrap(network, input_shape=(3,), bounds=None, outputs="values", features=NAMES)
    found = xai.InputXGradient()(model, rows[0])
    np.testing.assert_allclose(found.values, [30, -20, 0])
    red, blue = red_and_blue(found._repr_png_())
    tops = [np.flatnonzero(color.sum(axis=1) > 30) for color in (red, blue)]
    assert tops[0][0] < tops[1][0], "the first column is above the second"
    first, second = red[tops[0][0]].nonzero()[0], blue[tops[1][0]].nonzero()[0]
    assert first.min() >= second.max(), "bars begin in the middle and go both ways"
    assert np.ptp(second) / np.ptp(first) == pytest.approx(2 / 3, abs=0.05)


def test_the_static_image_of_a_table_has_bars_too(explorers, rows):
    widget, _browser = explorers({"one": priced(features=NAMES), "two": priced(features=NAMES)}, rows)
    assert len(widget.result) == 2
    red, blue = red_and_blue(widget._repr_png_())
    assert (red | blue).any()


def test_methods_with_a_baseline_start_from_zero_on_tables_and_work_at_once(explorers, rows):
    network = nn.Linear(3, 1)
    with torch.no_grad():
        network.weight[:] = torch.tensor([[1.0, -10.0, 0.0]])
    widget, _ = explorers(xai.wrap(network, bounds=None, outputs="values"), rows)
    for method in ("integrated_gradients", "shapley_exact", "feature_ablation", "deeplift"):
        widget.method = method
        assert widget.options["baseline"] == "zero"
        # Of a linear model every one of them gives weight times value.
        np.testing.assert_allclose(widget.result.values, [30, -20, 0], rtol=1e-4, atol=1e-4)
    offered = {method["name"]: method["options"] for method in widget.catalogue["methods"]}["integrated_gradients"]
    assert next(option["choices"] for option in offered if option["name"] == "baseline") == ("zero",)
