"""Results in files and pickles: what comes back is what was there, and what cannot be says so."""

import copy
import json
import pickle
import random
import zipfile

import keras
import numpy as np
import pytest
from torch import nn

import xai_widgets as xai
from tests.library.shapes import namespace


@pytest.fixture(scope="module")
def names():
    return namespace()


METHODS = [
    xai.Saliency(),
    xai.IntegratedGradients(steps=4, baseline="blur"),
    xai.IntegratedGradients(steps=4, baseline=np.full((1, 8, 8), 0.25)),
    xai.SmoothGrad(samples=3),
    xai.GradCam(),
    xai.Rise(samples=8, cells=3),
    xai.Lime(features="squares", size=4, samples=20),
    xai.ExactShapley(features="squares", size=4),
    xai.DeepLift(),
    xai.PertinentNegative(steps=3, searches=1),
    xai.BoundarySaliency(),
]


def same(one, other):
    if isinstance(one, tuple):
        return isinstance(other, tuple) and all(map(same, one, other))
    # Arrays of another layout in memory are summed in another order.
    return (one is None and other is None) or np.allclose(one, other, rtol=1e-6, atol=1e-7, equal_nan=True)


def check_same(found, result):
    for name in ("values", "map", "standard_error", "score", "gap", "absolute_gap"):
        assert same(getattr(found, name), getattr(result, name)), name
    assert found.facts == result.facts
    assert (found.evaluations, found.final) == (result.evaluations, result.final)
    assert found._repr_png_() == result._repr_png_()


@pytest.mark.parametrize("places", [0, [0, 3]], ids=["one", "batch"])
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_a_file_holds_all_that_a_result_says(names, tmp_path, method, places):
    result = method(names["model"], names["batch"][places], xai.Logit("cross"))
    result.save(tmp_path / "a.npz")
    assert [one.name for one in tmp_path.iterdir()] == ["a.npz"]
    found = xai.load(str(tmp_path / "a.npz"))
    check_same(found, result)
    assert np.array_equal(found.inputs, result.question.batch)
    assert (found.method, found.quantity, found.layer) == (repr(method), "cross", result.question.cut.layer)
    assert found.text == repr(result)
    assert found.kind == type(result).__name__
    with pytest.raises(ValueError, match="no network"):
        _ = found.question


def test_several_input_tensors_come_back_as_they_were(tmp_path):
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(3, 2), nn.Linear(2, 2)

        def forward(self, a, b):
            return self.a(a) + self.b(b)

    model = xai.wrap(Two(), input_shape=[(3,), (2,)], bounds=[(0, 1), (0, 1)], outputs="values")
    result = xai.IntegratedGradients(steps=4)(model, (np.ones(3, "f4"), np.ones(2, "f4")), xai.Logit(0))
    result.save(tmp_path / "a.npz")
    found = xai.load(tmp_path / "a.npz")
    assert same(found.values, result.values)
    assert same(found.map, result.map)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))], ids=["copy", "pickle"])
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_a_result_is_pickled_and_copied_with_its_model(names, method, copied):
    result = method(names["model"], names["x"], xai.Logit("cross"))
    found = copied(result)
    check_same(found, result)
    assert found.question.model is not result.question.model
    again = xai.Saliency()(found.question.model, found.question.batch[0], found.question.quantity)
    np.testing.assert_allclose(again.values, xai.Saliency()(names["model"], names["x"]).values, atol=1e-5)


class Activated(nn.Module):
    """Holds a function that has no name to be found by."""

    def __init__(self):
        super().__init__()
        self.head, self.activation = nn.Linear(4, 3), lambda x: x.relu()

    def forward(self, x):
        return self.head(self.activation(x))


def activated_in_keras():
    of = keras.layers
    return keras.Sequential([keras.Input((4,)), of.Dense(3, activation=lambda x: 2 * x)])


UNNAMED = [
    (lambda: xai.wrap(Activated(), input_shape=(4,)), "its network, a .*Activated, cannot"),
    (lambda: xai.wrap(lambda x: x[:, :3], backend="torch", input_shape=(4,)), "its network, a builtins.function"),
    (lambda: xai.wrap(nn.Linear(4, 3), preprocess=lambda x: 2 * x, input_shape=(4,)), "its preprocess, a .*function"),
    (lambda: xai.wrap(activated_in_keras()), "its network, a .*Sequential, cannot"),
]


@pytest.mark.parametrize(("make", "reason"), UNNAMED)
def test_what_cannot_be_pickled_says_which_part_and_what_to_do(make, reason, tmp_path):
    model = make()
    result = xai.Saliency()(model, np.ones(4, np.float32))
    for one in (model, result, result.question, model.at(None)):
        with pytest.raises(TypeError, match=rf"{reason}.*Write functions with def.*result\.save"):
            pickle.dumps(one)
    result.save(tmp_path / "a.npz")
    np.testing.assert_array_equal(xai.load(tmp_path / "a.npz").values, result.values)


def test_who_pickles_functions_is_let():
    cloudpickle = pytest.importorskip("cloudpickle")
    model = UNNAMED[0][0]()
    again = pickle.loads(cloudpickle.dumps(model))
    np.testing.assert_array_equal(again.scores(np.ones(4)), model.scores(np.ones(4)))


def test_a_network_that_cannot_be_copied_says_so():
    for copied in (copy.deepcopy, lambda one: copy.deepcopy([one])):
        with pytest.raises(TypeError, match=r"cannot be copied, because its network, a .*Make the network again"):
            copied(xai.wrap(activated_in_keras()))
    model = UNNAMED[0][0]()
    assert copy.deepcopy(model).network is not model.network
    assert copy.copy(model).network is model.network


def test_a_damaged_file_is_called_one(names, tmp_path):
    path = tmp_path / "a.npz"
    xai.Saliency()(names["model"], names["x"]).save(path)
    whole, chance = path.read_bytes(), random.Random(0)
    for _ in range(200):
        content = bytearray(whole)
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content[: chance.randrange(len(content))] if chance.random() < 0.3 else content)
        try:
            xai.load(path)  # some bits mean nothing, such as those of a time
        except ValueError as error:
            assert type(error).__module__ == "xai_widgets.errors", error  # noqa: PT017


def test_what_is_no_result_is_called_so(tmp_path):
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    np.savez(tmp_path / "objects.npz", about=np.array([{}]))
    (tmp_path / "text.npz").write_text("hello")
    for name in ("other", "objects", "text"):
        with pytest.raises(ValueError, match="damaged, or no result"):
            xai.load(tmp_path / f"{name}.npz")
    with pytest.raises(ValueError, match="cannot be read"):
        xai.load(tmp_path / "none.npz")
    for path in (3, b"a", "", None, "\0"):
        with pytest.raises(TypeError, match="expected that of a file"):
            xai.load(path)


def test_a_later_version_is_called_one(names, tmp_path):
    path = tmp_path / "a.npz"
    xai.Saliency()(names["model"], names["x"]).save(path)
    arrays = dict(np.load(path))
    about = {**json.loads(arrays["about"].tobytes()), "version": 2}
    np.savez(path, **{**arrays, "about": np.frombuffer(json.dumps(about).encode(), np.uint8)})
    with pytest.raises(ValueError, match=r"version 2.*newer"):
        xai.load(path)
    assert zipfile.is_zipfile(path)


def test_a_file_that_cannot_be_written_is_called_one(names, tmp_path):
    with pytest.raises(ValueError, match="cannot be written"):
        xai.Saliency()(names["model"], names["x"]).save(tmp_path / "none" / "a.npz")
