"""Names of outputs, columns and words go by their order or by index, and tables by the names of their columns."""

import keras
import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.fixtures.tables import DataFrame, Series

NAMES = ("age", "income", "height")


def torch_table():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


def keras_table():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4, activation="tanh"), keras.layers.Dense(2, activation="softmax")]
    )


@pytest.fixture(params=[torch_table, keras_table], ids=["torch", "tensorflow"])
def net(request):
    return request.param()


@pytest.fixture
def rows():
    return np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)


@pytest.mark.parametrize(
    "classes",
    [
        ["cat", "dog"],
        {"dog": 1, "cat": 0},
        {1: "dog", 0: "cat"},
        {"1": "dog", "0": "cat"},
        {np.int64(1): "dog", np.int64(0): b"cat"},
        {"cat": 0, "dog": 1}.keys(),
        np.array(["cat", "dog"]),
        Series(["dog", "cat"], [1, 0]),
        Series([1, 0], ["dog", "cat"]),
    ],
)
def test_classes_go_by_their_order_or_by_index(net, classes):
    model = xai.wrap(net, bounds=None, classes=classes)
    assert model.classes == ("cat", "dog")
    assert (model.target("dog"), model.class_name(0)) == (1, "cat")


def test_names_that_are_digits_are_names_where_the_other_side_counts(net):
    assert xai.wrap(net, bounds=None, classes={"0": 1, "1": 0}).classes == ("1", "0")
    assert xai.wrap(net, bounds=None, classes=iter("10")).classes == ("1", "0")


@pytest.mark.parametrize(
    ("classes", "error", "message"),
    [
        ({"cat", "dog"}, TypeError, "a set, which has no order"),
        (frozenset(["cat", "dog"]), TypeError, "a frozenset, which has no order"),
        ({"cat": 1, "dog": 2}, ValueError, "the places 0 to 1, each of them once"),
        ({"cat": 0, "dog": 0}, ValueError, "each of them once"),
        ({0: 1, 1: 0}, ValueError, "each of them once"),
        ({"cat": "dog", "dog": "cat"}, ValueError, "each of them once"),
        ({"cat": -1, "dog": 0}, ValueError, "each of them once"),
        ({}, ValueError, "each of them once"),
        ([["cat"], ["dog"]], TypeError, r"classes holds \['cat'\]; expected a name for each output"),
        ([None, "dog"], TypeError, "classes holds None"),
        ("cd", TypeError, "expected a sequence of names"),
        ({"cat": 0, "dog": 1, "cow": 2}, ValueError, "has 2 outputs, but classes has 3 names"),
    ],
)
def test_names_without_a_place_are_refused(net, classes, error, message):
    with pytest.raises(error, match=message):
        xai.wrap(net, bounds=None, classes=classes)


def test_two_classes_of_one_name_are_told_apart(net):
    model = xai.wrap(net, bounds=None, classes=["crane", "crane"])
    assert model.class_name(1) == "crane (1)"
    assert model.target("crane (1)") == 1
    assert "'crane' are 2 classes, 0 and 1" in repr(model)
    with pytest.raises(ValueError, match=r"stands for the classes \[0, 1\]; give the index of one of them, or 'crane"):
        model.target("crane")


def test_features_go_by_place_as_well(net):
    assert xai.wrap(net, bounds=None, features={"income": 1, "age": 0, "height": 2}).features == NAMES
    with pytest.raises(TypeError, match="features is a set"):
        xai.wrap(net, bounds=None, features=set(NAMES))


@pytest.mark.parametrize("vocabulary", [{"sun": 2, "the": 1}, {1: "the", 2: "sun"}, ["#0", "the", "sun"]])
def test_a_vocabulary_may_be_a_dict_that_leaves_ids_out(vocabulary):
    net = nn.Sequential(nn.Embedding(5, 3), nn.Flatten(), nn.Linear(12, 2))
    model = xai.wrap(net, input_shape=(4,), vocabulary=vocabulary)
    assert model.vocabulary == ("#0", "the", "sun")
    np.testing.assert_array_equal(model.ids("the sun"), [1, 2, 0, 0])


@pytest.mark.parametrize(
    ("vocabulary", "error", "message"),
    [
        (5, TypeError, "vocabulary is 5; expected a sequence of names"),
        ({"the": 10**9}, ValueError, "vocabulary is"),
        ({"the", "sun"}, TypeError, "no order"),
        ([], ValueError, "empty"),
        ([["the"]], TypeError, "holds"),
    ],
)
def test_a_vocabulary_of_another_kind_is_refused(vocabulary, error, message):
    net = nn.Sequential(nn.Embedding(5, 3), nn.Flatten(), nn.Linear(12, 2))
    with pytest.raises(error, match=message):
        xai.wrap(net, input_shape=(4,), vocabulary=vocabulary)


def tables(rows):
    """The same rows with their columns in another order."""
    order = [2, 0, 1]
    names = [NAMES[place] for place in order]
    return [
        DataFrame(rows[:, order], names),
        dict(zip(names, rows[:, order].T, strict=True)),
        DataFrame(rows, NAMES),
        DataFrame(rows[:, order].astype(object), names),
        DataFrame(rows, range(3)),
        rows,
    ]


@pytest.mark.parametrize("kind", range(6))
def test_a_table_is_read_by_the_names_of_its_columns(net, rows, kind):
    model = xai.wrap(net, bounds=None, features=NAMES)
    expected = xai.wrap(net, bounds=None).scores(rows)
    np.testing.assert_allclose(model.scores(tables(rows)[kind]), expected, rtol=1e-6)


def test_one_row_is_read_by_name_and_is_one_input(net, rows):
    model = xai.wrap(net, bounds=None, features=NAMES)
    expected = xai.Saliency()(model, rows[0], xai.Logit(1)).values
    for row in (Series(rows[0][::-1], NAMES[::-1]), dict(zip(NAMES[::-1], rows[0][::-1], strict=True))):
        found = xai.Saliency()(model, row, xai.Logit(1)).values
        assert found.shape == (3,)
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_baseline_is_read_by_name_too(net, rows):
    model = xai.wrap(net, bounds=None, features=NAMES)
    mean = rows.mean(axis=0)
    expected = xai.IntegratedGradients(baseline=mean)(model, rows, xai.Logit(1)).values
    for baseline in (Series(mean[::-1], NAMES[::-1]), dict(zip(NAMES[::-1], mean[::-1].tolist(), strict=True))):
        found = xai.IntegratedGradients(baseline=baseline)(model, rows, xai.Logit(1)).values
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)
    each = DataFrame(np.tile(mean[::-1], (5, 1)), NAMES[::-1])
    np.testing.assert_allclose(
        xai.IntegratedGradients(baseline=each)(model, rows, xai.Logit(1)).values, expected, rtol=1e-5
    )
    with pytest.raises(ValueError, match="baseline has the columns 'age', 'income'; expected those"):
        xai.IntegratedGradients(baseline={"age": 0, "income": 1})(model, rows)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (("age", "income", "weight"), "'height' is missing. The model knows no 'weight'."),
        (("age", "income"), "'height' is missing"),
        (("age", "income", "height", "label"), "knows no 'label'"),
        (("age", "age", "height"), "'income' is missing"),
        (("age", "age", "income", "height"), "A name stands there twice"),
    ],
)
def test_a_table_with_other_names_is_refused(net, columns, message):
    model = xai.wrap(net, bounds=None, features=NAMES)
    with pytest.raises(ValueError, match=message):
        model.scores(DataFrame(np.zeros((2, len(columns)), np.float32), columns))


def test_without_names_a_table_is_read_as_it_stands(net, rows):
    model = xai.wrap(net, bounds=None)
    np.testing.assert_allclose(model.scores(DataFrame(rows, NAMES)), model.scores(rows), rtol=1e-5)


def test_a_column_that_holds_no_numbers_is_named(net, rows):
    mixed = rows.astype(object)
    mixed[:, 1] = "much"
    for options in ({}, {"features": NAMES}):
        with pytest.raises(TypeError, match="The column 'income' holds 'much'; expected numbers in all columns"):
            xai.wrap(net, bounds=None, **options).scores(DataFrame(mixed, NAMES))
