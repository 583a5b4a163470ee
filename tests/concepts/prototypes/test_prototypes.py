"""Points of prototypes, beside the layers called by hand and loops over places."""

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from xai_widgets.concepts.prototypes.linear_head import linear_head

SIDE, KERNEL, COUNT, UNITS = 7, 3, 6, 4
NAMES = ["stem", "petal", "pot", "wall"]


class Similar(nn.Module):
    """How like each place is to each of some vectors."""

    def __init__(self, vectors):
        super().__init__()
        self.vectors = nn.Parameter(vectors)

    def forward(self, z):
        squares = ((z[:, None] - self.vectors[None, :, :, None, None]) ** 2).sum(dim=2)
        return torch.log((squares + 1) / (squares + 1e-4))


def images(count, seed):
    return np.random.default_rng(seed).uniform(size=(count, 1, SIDE, SIDE)).astype(np.float32)


def made(pool=None, similar=None, behind=None):
    torch.manual_seed(4)
    parts = {"conv": nn.Conv2d(1, UNITS, KERNEL), "similar": similar or nn.Identity()}
    parts |= {"pool": pool or nn.AdaptiveMaxPool2d(1), "flat": nn.Flatten(), "head": nn.Linear(UNITS, 3)}
    network = nn.Sequential()
    for name, part in (parts | (behind or {})).items():
        network.add_module(name, part)
    return network.eval()


def wrapped(network):
    return xai.wrap(network, input_shape=(1, SIDE, SIDE), classes=["a", "b", "c"], units={"conv": NAMES})


@pytest.fixture(scope="module")
def network():
    return made()


@pytest.fixture(scope="module")
def model(network):
    return wrapped(network)


@pytest.fixture(scope="module")
def x():
    return images(COUNT, seed=0)


@pytest.fixture(scope="module")
def training():
    return images(40, seed=1)


@pytest.fixture(scope="module")
def found(model, x, training):
    return xai.Prototypes("conv", training)(model, x)


def maps_of(network, inputs):
    with torch.no_grad():
        return network.conv(torch.from_numpy(inputs)).numpy()


def largest(plane):
    """Return the largest number of a plane and its place, by a loop."""
    best = (-np.inf, None)
    for place in np.ndindex(plane.shape):
        best = max(best, (float(plane[place]), place), key=lambda one: one[0])
    return best


def test_points_and_bias_are_the_logit(network, found, x, agreement):
    with torch.no_grad():
        logits = network(torch.from_numpy(x)).numpy()
    for number, name in enumerate("abc"):
        sums = found.points(name).sum(axis=1) + found.head.bias[number]
        agreement("prototypes", "closed form", sums, logits[:, number])
    agreement("prototypes", "closed form", found.head.weights, network.head.weight.detach().numpy())
    agreement("prototypes", "closed form", found.head.bias, network.head.bias.detach().numpy())
    assert found.head.pooling == "maximum"
    assert found.value < 1e-5
    assert found.evaluations == found.planned


def test_this_and_that_are_where_a_unit_says_most(network, found, x, training, agreement):
    said, before = maps_of(network, x), maps_of(network, training)
    by_loop = np.zeros((COUNT, UNITS))
    for row, unit in np.ndindex(COUNT, UNITS):
        by_loop[row, unit], (top, left) = largest(said[row, unit])
        this = found.this(NAMES[unit], row)
        assert this.place == (top, left)
        assert this.window == (slice(top, top + KERNEL), slice(left, left + KERNEL))
        np.testing.assert_array_equal(this.patch, x[row][:, this.window[0], this.window[1]])
    agreement("prototypes", "definition", found.similarities, by_loop)
    for unit in range(UNITS):
        tops = [largest(plane) for plane in before[:, unit]]
        number = max(range(len(tops)), key=lambda one: tops[one][0])
        that = found.that(unit)
        assert (that.input, that.place) == (number, tops[number][1])
        assert that.value == pytest.approx(tops[number][0], rel=1e-6)
        np.testing.assert_array_equal(that.patch, training[number][:, that.window[0], that.window[1]])


def test_the_mean_over_places_is_a_bill_too(x, training, agreement):
    network = made(pool=nn.AdaptiveAvgPool2d(1))
    found = xai.Prototypes("conv", training)(wrapped(network), x)
    assert found.head.pooling == "mean"
    agreement("prototypes", "closed form", found.similarities, maps_of(network, x).mean(axis=(2, 3)))
    agreement("prototypes", "closed form", found.points(1).sum(axis=1) + found.head.bias[1], found.scores[:, 1])


def test_a_vector_of_units_has_seen_all(model, x, training):
    found = xai.Prototypes("flat", training)(model, x)
    assert found.this(0).window == (slice(0, SIDE), slice(0, SIDE))
    assert found.that(0).place == ()
    assert found.value < 1e-5


def test_a_prototype_that_is_struck_out_is_missing_in_the_network_too(model, found, x):
    pooled = xai.Intervention("flat", {1: 0, 3: 0})(model, x)
    np.testing.assert_allclose(found.without(["petal", 3]), pooled.scores, atol=1e-5)
    np.testing.assert_allclose(found.without([]), found.scores, atol=1e-5)


def test_of_one_input_arrays_have_no_batch(model, found, x, training):
    one = xai.Prototypes("conv", training)(model, x[2])
    assert one.similarities.shape == (UNITS,)
    np.testing.assert_allclose(one.points("b"), found.points("b")[2], rtol=1e-6)
    np.testing.assert_allclose(one.without([1]), found.without([1])[2], atol=1e-5)
    assert one.this(1).place == found.this(1, 2).place


def test_it_says_whether_units_are_patches_of_training(x, training, found):
    assert "no similarities" in repr(found)
    places = maps_of(made(), training)
    vectors = torch.from_numpy(np.stack([places[number, :, number, 1] for number in range(UNITS)]))
    network = made(similar=Similar(vectors))
    likeness = xai.Prototypes("similar", training)(wrapped(network), x)
    assert "each is a patch of one of 40 training inputs" in repr(likeness)
    assert [likeness.that(unit).input for unit in range(UNITS)] == [*range(UNITS)]
    without = xai.Prototypes("similar", training[1:])(wrapped(network), x)
    assert "different values in training" in repr(without)


def test_points_are_exact_before_all_of_training_is_seen(model, found, x, training):
    stream = [*xai.Prototypes("conv", training).stream(model, x)]
    assert [each.final for each in stream] == [False] * (len(stream) - 1) + [True]
    for each in stream:
        np.testing.assert_array_equal(each.points(0), found.points(0))
    np.testing.assert_array_equal(stream[-1].sources.rows, found.sources.rows)


@pytest.mark.parametrize(
    "behind",
    [{"head": nn.Sequential(nn.Linear(UNITS, 5), nn.ReLU(), nn.Linear(5, 3))}, {"bend": nn.Softplus()}],
    ids=["hidden units", "scores that bend"],
)
def test_a_head_that_is_no_sum_is_refused(behind, x, training):
    with pytest.raises(ValueError, match=r"no sum over its 4 units.*expected the layer of similarities"):
        xai.Prototypes("conv", training)(wrapped(made(behind=behind)), x)


def test_a_head_that_reads_places_is_refused(x, training):
    network = made(pool=nn.AdaptiveMaxPool2d(2), behind={"head": nn.Linear(4 * UNITS, 3)})
    with pytest.raises(ValueError, match="no sum over its 4 units"):
        xai.Prototypes("conv", training)(wrapped(network), x)


@pytest.mark.parametrize(
    ("layer", "given", "wrong", "words"),
    [
        (None, "training", TypeError, "layer is None; expected the name of a layer"),
        ("cone", "training", ValueError, "cone"),
        ("conv", "one", ValueError, "training is a single input; expected a batch"),
        ("conv", "other", ValueError, "shape"),
    ],
)
def test_what_does_not_fit_is_said_at_once(layer, given, wrong, words, model, x, training):
    inputs = {"training": training, "one": training[0], "other": training[:, :, 1:]}[given]
    with pytest.raises(wrong, match=words):
        xai.Prototypes(layer, inputs).stream(model, x)


def test_what_is_asked_of_the_answer_is_checked(found):
    with pytest.raises(ValueError, match="row is 9; expected the number of an input, below 6"):
        found.this(0, row=9)
    for ask in (found.that, found.this):
        with pytest.raises(ValueError, match="leaf"):
            ask("leaf")
    with pytest.raises(ValueError, match="d"):
        found.points("d")


def test_something_else_than_a_model_is_refused(network, x):
    with pytest.raises(TypeError, match=r"expected a network in xai_widgets\.wrap"):
        xai.Prototypes("conv", x)(network, x)


def test_the_network_is_left_as_it_was(network, model, x, training):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    xai.Prototypes("conv", training)(model, x)
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert all(one.grad is None for one in network.parameters())


def test_many_classes_have_their_weights_too(x):
    network = made(behind={"head": nn.Linear(UNITS, 70)})
    head = linear_head(xai.wrap(network, input_shape=(1, SIDE, SIDE)), "conv", x)
    np.testing.assert_allclose(head.weights, network.head.weight.detach().numpy(), rtol=1e-5)
