"""Tables and data sets as people have them, in a widget."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

import xai_widgets as xai
from tests.fixtures import tables
from xai_widgets.widgets.pictures import Pictures

NAMES = ["age", "rooms", "location"]
WEIGHTS = torch.tensor([[1.0, -10.0, 100.0]])
ROWS = np.array([[30.0, 2.0, 0.5], [10.0, 4.0, 1.5]])


class DataFrame(tables.DataFrame):
    """One whose columns can be chosen, as the Python that a widget writes does."""

    def __getitem__(self, names):
        if isinstance(names, str):
            return super().__getitem__(names)
        return DataFrame(self._numbers[:, [self.columns.index(name) for name in names]], names)


def priced(**more):
    network = nn.Linear(3, 1, bias=False)
    with torch.no_grad():
        network.weight[:] = WEIGHTS
    return xai.wrap(network, bounds=None, outputs="values", **more)


@pytest.mark.parametrize("order", [NAMES, NAMES[::-1], ["rooms", "age", "location"]])
def test_a_table_is_read_by_the_names_of_its_columns(explorers, order):
    table = DataFrame(ROWS[:, [NAMES.index(name) for name in order]], order)
    model = priced(features=NAMES, input_shape=(3,))
    widget, _ = explorers(model, table, method="input_x_gradient", index=1)
    np.testing.assert_allclose(widget.result.values, [10, -40, 150])
    assert widget.catalogue["columns"] == NAMES
    assert [entry["values"] for entry in widget.catalogue["pictures"]] == ROWS.tolist()
    scope = {"model": model, "images": table}
    exec(widget.code, scope)
    np.testing.assert_array_equal(scope["result"].values, widget.result.values)


def test_a_table_names_the_columns_of_a_model_that_has_no_names(explorers):
    widget, _ = explorers(priced(), DataFrame(ROWS, NAMES), method="input_x_gradient")
    np.testing.assert_allclose(widget.result.values, [30, -20, 50])
    assert widget.catalogue["columns"] == NAMES
    assert "x = images.to_numpy()[0]" in widget.code


def test_two_models_read_the_same_table_each_in_its_order(explorers):
    turned = priced(features=NAMES[::-1], input_shape=(3,))
    table = DataFrame(ROWS, NAMES)
    widget, _ = explorers(
        {"one": priced(features=NAMES, input_shape=(3,)), "turned": turned}, table, method="input_x_gradient"
    )
    results = widget.result
    np.testing.assert_allclose(results["one"].values, [30, -20, 50])
    np.testing.assert_allclose(results["turned"].values, [0.5, -20, 3000])


def test_one_row_will_do(explorers):
    row = tables.Series(ROWS[1][::-1], NAMES[::-1])
    widget, _ = explorers(priced(features=NAMES, input_shape=(3,)), row, method="input_x_gradient")
    np.testing.assert_allclose(widget.result.values, [10, -40, 150])


@pytest.mark.parametrize(
    ("table", "error", "words"),
    [
        (DataFrame(ROWS, ["age", "rooms", "price"]), ValueError, "'location' is missing. The model knows no 'price'"),
        (DataFrame(ROWS[:, :2], NAMES[:2]), ValueError, "'location' is missing"),
        (DataFrame([["old", 1, 2]], NAMES), TypeError, "column 'age' holds 'old'"),
        (DataFrame(ROWS[:0], NAMES), ValueError, "no pictures"),
        (DataFrame(np.zeros((300, 3)), NAMES), ValueError, "300 pictures; expected at most 256"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(table, error, words):
    with pytest.raises(error, match=words):
        xai.explore(priced(features=NAMES, input_shape=(3,)), table)


class DataSet:
    """Read by place, as PyTorch has them: asked for more than there is it answers all the same."""

    def __init__(self, entry, count):
        self.entry, self.count, self.asked = entry, count, []

    def __len__(self):
        return self.count

    def __getitem__(self, place):
        self.asked.append(place)
        return self.entry(place)


def grey(place):
    return np.full((8, 6), place / 10, np.float32)


def first_model(shape):
    return xai.wrap(lambda x: x.flatten(1)[:, :2] * 1.0, backend="torch", input_shape=shape, outputs="values")


@pytest.mark.parametrize(
    "entry",
    [grey, lambda place: torch.from_numpy(grey(place)), lambda place: Image.fromarray(np.uint8(255 * grey(place)))],
    ids=["arrays", "tensors", "PIL pictures"],
)
def test_a_data_set_is_read_once_and_as_far_as_it_says(entry):
    data = DataSet(entry, 4)
    pictures = Pictures(data, {"": first_model((8, 6))})
    assert len(pictures) == 4
    assert data.asked == [0, 1, 2, 3]
    value, expression, _ = pictures.input("", 3)
    np.testing.assert_allclose(value, grey(3), atol=1 / 255)
    np.testing.assert_array_equal(eval(expression, {"np": np, "images": data}), value)


def test_a_data_set_gives_its_shape_to_a_model_without_one():
    model = xai.wrap(nn.Sequential(nn.Conv2d(1, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten()))
    Pictures(DataSet(grey, 2), {"": model})
    assert model.input_shape == (1, 8, 6)


def test_a_data_set_of_many_is_refused_before_it_is_read():
    data = DataSet(grey, 60_000)
    with pytest.raises(ValueError, match="60000 pictures; expected at most 256"):
        xai.explore(first_model((8, 6)), data)
    assert data.asked == []


@pytest.mark.parametrize(
    "images",
    [DataSet(lambda place: (grey(place), 1), 3), torch.utils.data.TensorDataset(torch.zeros(3, 8, 6), torch.zeros(3))],
)
def test_labels_are_told_to_be_left_out(images):
    with pytest.raises(TypeError, match=r"more than inputs.*\[data\[i\]\[0\] for i in range\(8\)\]"):
        xai.explore(first_model((8, 6)), images)


@pytest.mark.parametrize("images", [torch.utils.data.DataLoader(torch.zeros(3, 8, 6)), object(), {1, 2}, range])
def test_what_is_none_of_these_is_refused(images):
    with pytest.raises(TypeError, match="expected arrays"):
        xai.explore(first_model((8, 6)), images)
