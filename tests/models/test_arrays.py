"""Whatever holds numbers becomes an array, or is refused in words."""

import numpy as np
import pytest
import tensorflow as tf
import torch
from torch import nn

import xai_widgets as xai
from xai_widgets.models.arrays import as_array

ROWS = np.arange(12, dtype=np.float32).reshape(4, 3) / 12


class DataSet:
    """A map-style data set of PyTorch that does not say where it ends, but for its length."""

    def __init__(self, *columns):
        self.columns = columns

    def __len__(self):
        return len(self.columns[0])

    def __getitem__(self, place):
        entry = tuple(column[place % len(column)] for column in self.columns)
        return entry if len(entry) > 1 else entry[0]


@pytest.mark.parametrize(
    "x",
    [
        ROWS.tolist(),
        torch.tensor(ROWS, requires_grad=True),
        list(torch.tensor(ROWS, requires_grad=True)),
        tf.constant(ROWS),
        [tf.constant(row) for row in ROWS],
        DataSet(torch.tensor(ROWS)),
        DataSet(ROWS),
        torch.utils.data.TensorDataset(torch.tensor(ROWS)),
        range(12),
    ],
)
def test_what_holds_numbers(x):
    np.testing.assert_allclose(np.ravel(as_array(x)), np.ravel(x if isinstance(x, range) else ROWS))


def test_bfloat16():
    np.testing.assert_array_equal(as_array(torch.tensor(ROWS).bfloat16()), torch.tensor(ROWS).bfloat16().float())


def test_a_data_set_of_inputs_is_a_batch():
    model = xai.wrap(nn.Sequential(nn.Linear(3, 2)))
    np.testing.assert_array_equal(model.scores(DataSet(torch.tensor(ROWS))), model.scores(ROWS))
    with pytest.raises(TypeError, match="entries of 2 things each, perhaps an input and its label"):
        model.scores(DataSet(torch.tensor(ROWS), torch.arange(4)))


@pytest.mark.parametrize(
    ("x", "kind"),
    [
        (None, "NoneType"),
        ({"a": 1}, "dict"),
        ((row for row in ROWS), "generator"),
        (torch.utils.data.DataLoader(DataSet(ROWS)), "DataLoader"),
        (tf.data.Dataset.from_tensor_slices(ROWS), "Dataset"),
        (object(), "object"),
        ([[1.0], [1.0, 2.0]], "list"),
        (torch.empty(3, device="meta"), "Tensor"),
    ],
)
def test_what_is_no_array_is_refused(x, kind):
    with pytest.raises(TypeError, match=f"Found a .*{kind}; expected an array of numbers"):
        xai.wrap(nn.Sequential(nn.Linear(3, 2))).scores(x)
