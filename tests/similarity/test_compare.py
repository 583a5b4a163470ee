"""Networks compared layer by layer: what is read, how it streams, what is refused, and that nothing is changed."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from tests.library.shapes import WORDS, Reader, pictures
from xai_widgets.similarity.compare import _ends
from xai_widgets.similarity.kernel import Kernel, unbiased_hsic

PICTURES = pictures(80, seed=3)[0]
LAYERS = ["0", "1", "3", "5"]


def network(seed):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.ReLU(inplace=True),
        nn.Conv2d(4, 6, 3),
        nn.ReLU(inplace=True),
        nn.Flatten(),
        nn.Linear(96, 3),
    )


@pytest.fixture(scope="module")
def networks():
    return network(0), network(1)


@pytest.fixture(scope="module")
def models(networks):
    return [xai.wrap(one, input_shape=(1, 8, 8)) for one in networks]


def outputs(net, stop):
    """Return what the first `stop` layers put out, by themselves."""
    with torch.no_grad():
        return net[:stop](torch.from_numpy(PICTURES)).numpy()


def test_a_matrix_is_that_of_its_pairs(models, networks):
    found = xai.compare(*models, PICTURES, layers=LAYERS, batch=80)
    assert found.layers == (tuple(LAYERS), tuple(LAYERS))
    assert found.features == ((144, 144, 96, 3), (144, 144, 96, 3))
    order = np.random.default_rng(0).permutation(80)
    sides = [
        [outputs(net, int(layer) + 1)[order].reshape(80, -1).astype(float) for layer in LAYERS] for net in networks
    ]
    # In place, a rectifier overwrites what the convolution said: both are read as they were.
    assert (sides[0][0] < 0).any()
    batches = np.array_split(np.arange(80), len(_ends(80, 80, 0)))

    def summed(one, other):
        return sum(unbiased_hsic(Kernel(one[rows]), Kernel(other[rows])) for rows in batches)

    expected = [
        [summed(one, other) / np.sqrt(summed(one, one) * summed(other, other)) for other in sides[1]]
        for one in sides[0]
    ]
    np.testing.assert_allclose(found.matrix, expected, atol=1e-5)
    assert found.of("3", "5") == found.matrix[2, 3]
    assert found.best[0] == LAYERS[int(np.argmax(expected[0]))]


def test_a_network_beside_itself(models):
    found = xai.compare(models[0], models[0], PICTURES)
    np.testing.assert_allclose(np.diag(found.matrix), 1, atol=1e-12)
    np.testing.assert_allclose(found.matrix, found.matrix.T, atol=1e-12)
    assert found.evaluations == 80
    twice = xai.compare(models[0], xai.wrap(network(0), input_shape=(1, 8, 8)), PICTURES)
    np.testing.assert_allclose(twice.matrix, found.matrix, atol=1e-12)
    assert twice.evaluations == 160
    # Flattening changes nothing.
    assert found.of("3", "4") == pytest.approx(1, abs=1e-12)


def test_layers_may_differ(models):
    found = xai.compare(*models, PICTURES, layers=(["1", "5"], ["0", "3", "5"]))
    whole = xai.compare(*models, PICTURES)
    assert found.matrix.shape == (2, 3)
    for row, one in enumerate(found.layers[0]):
        for column, other in enumerate(found.layers[1]):
            assert found.matrix[row, column] == pytest.approx(whole.of(one, other), abs=1e-12)


def test_places_are_averaged_where_that_is_asked(models, networks):
    found = xai.compare(*models, PICTURES, xai.LinearCKA(places="averaged"), layers=["0", "3"], batch=80)
    assert found.features == ((4, 6), (4, 6))
    assert "places averaged" in repr(found)
    assert "places flattened" in repr(xai.compare(*models, PICTURES, layers=["0"]))


@pytest.mark.parametrize("index", ["cka", "rbf_cka", "cca", "svcca", "pwcca"])
def test_a_stream_ends_where_the_call_does(models, index):
    steps = list(xai.compare_stream(*models, PICTURES, index, layers=LAYERS))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        last = xai.compare(*models, PICTURES, index, layers=LAYERS)
    assert [one.final for one in steps] == [False] * (len(steps) - 1) + [True]
    assert len(steps) > 2
    assert all(one.matrix.shape == (4, 4) and np.isfinite(one.matrix).all() for one in steps)
    assert [one.inputs for one in steps] == sorted({one.inputs for one in steps})
    np.testing.assert_allclose(steps[-1].matrix, last.matrix, atol=1e-10)
    np.testing.assert_allclose(steps[-1].standard_error, last.standard_error, atol=1e-10)
    assert np.isfinite(last.standard_error).all()
    assert last.inputs == 80
    assert last.evaluations == last.planned == 160


def test_the_order_does_not_matter_but_by_the_error(models):
    found = [xai.compare(*models, PICTURES, layers=LAYERS, seed=seed) for seed in range(2)]
    # Pictures lie one class after the other: batches of neighbours would hold others than random ones.
    apart = np.abs(found[0].matrix - found[1].matrix)
    assert apart.max() > 0
    assert (apart <= 5 * np.maximum(found[0].standard_error, 0.01)).all()


@pytest.mark.parametrize(
    ("size", "batch", "row_bytes"),
    [(300, 64, 1), (4, 64, 1), (7, 4, 1), (40, 64, 1), (1000, 64, 2**24), (9, 64, 2**40)],
)
def test_batches(size, batch, row_bytes):
    ends = _ends(size, batch, row_bytes)
    sizes = np.diff([0, *ends])
    assert ends[-1] == size
    assert sizes.min() >= 4
    assert sizes.max() - sizes.min() <= 1
    assert sizes[0] == sizes.max()
    if size >= 4 * batch:
        assert sizes.max() <= batch
    if size >= 64 and row_bytes >= 2**24:
        assert sizes.max() * row_bytes <= 2**28


def test_too_few_inputs_are_said(models):
    with pytest.warns(UserWarning, match="at least 6 of their canonical correlations are 1"):
        found = xai.compare(*models, PICTURES[:6], "cca", layers=(["3"], ["3"]))
    np.testing.assert_allclose(found.matrix, 1, atol=1e-6)
    assert found.warning
    assert found.warning in repr(found)
    with pytest.warns(UserWarning, match="Biased CKA of batches of 10 rows"):
        found = xai.compare(*models, PICTURES, xai.LinearCKA(estimator="biased"), layers=["0"])
    assert found.independent[0, 0] > 0.1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not xai.compare(*models, PICTURES, "cca", layers=["3"]).warning
        assert not xai.compare(*models, PICTURES).warning


def test_texts_and_tables():
    reader = xai.wrap(Reader(), classes=["good", "bad"], input_shape=(4,), vocabulary=WORDS)
    ids = np.random.default_rng(0).integers(0, len(WORDS), (60, 4))
    found = xai.compare(reader, reader, ids)
    np.testing.assert_allclose(np.diag(found.matrix), 1, atol=1e-12)
    assert 0.05 < found.matrix[0, -1] < 0.999
    torch.manual_seed(0)
    table = xai.wrap(nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2)), input_shape=(4,), bounds=None)
    rows = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    assert xai.compare(table, table, rows, "cca").matrix.shape == (3, 3)
    # The same inputs as each of two networks takes them.
    fine = (ids == WORDS.index("fine")).astype(np.float32)
    mixed = xai.compare(reader, table, ids, x_b=fine, layers=(["embedding"], ["0"]))
    assert mixed.matrix[0, 0] > mixed.independent[0, 0] + 5 * mixed.standard_error[0, 0]


def test_what_is_refused(models):
    one, other = models
    for wrong, kind, words in [
        (lambda: xai.compare(network(0), other, PICTURES), TypeError, "xai_widgets.wrap"),
        (lambda: xai.compare(one, other, PICTURES, "ckaa"), ValueError, "Did you mean 'cka'"),
        (lambda: xai.compare(one, other, PICTURES, 3), TypeError, "'svcca'"),
        (lambda: xai.compare(one, other, PICTURES[0]), ValueError, "a single input"),
        (lambda: xai.compare(one, other, PICTURES[:3]), ValueError, "Found 3 inputs; expected at least 4"),
        (lambda: xai.compare(one, other, PICTURES, x_b=PICTURES[:9]), ValueError, "80 inputs of a and 9 of b"),
        (lambda: xai.compare(one, other, PICTURES, layers="0"), TypeError, "a list of names"),
        (lambda: xai.compare(one, other, PICTURES, layers=[]), TypeError, "a list of names"),
        (lambda: xai.compare(one, other, PICTURES, layers=["9"]), ValueError, "no layer '9'"),
        (lambda: xai.compare(one, other, PICTURES, layers=[3, 4, 5]), TypeError, "by its name"),
        (lambda: xai.compare(one, other, PICTURES, batch=3), ValueError, "batch is 3"),
        (lambda: xai.compare(one, other, PICTURES, seed=-1), ValueError, "seed is -1"),
        (lambda: xai.SVCCA(variance=0), ValueError, "variance is 0"),
        (lambda: xai.LinearCKA(estimator="none"), ValueError, "estimator is 'none'"),
        (lambda: xai.compare(one, other, PICTURES).of("0", "7"), ValueError, "no layer '7'"),
    ]:
        with pytest.raises(kind, match=words):
            wrong()


def test_the_networks_are_left_as_they_were(models, networks):
    state = [{name: value.clone() for name, value in net.state_dict().items()} for net in networks]
    steps = xai.compare_stream(*models, PICTURES)
    next(steps)
    steps.close()
    assert all(net.training for net in networks)
    for net, before in zip(networks, state, strict=True):
        assert all((before[name] == value).all() for name, value in net.state_dict().items())
        assert not any(module._forward_hooks for module in net.modules())


def test_a_notebook_shows_a_table(models):
    shown = xai.compare(*models, PICTURES, layers=["0", "5"])._repr_html_()
    assert shown.count("<tr>") == 3
    assert shown.count("<td") == 4
