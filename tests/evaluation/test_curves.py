"""Deletion and insertion against closed forms, loops by hand, and as streams like all others. Quantus is in parity."""

import itertools

import numpy as np
import pytest
import torch
from scipy import special

import xai_widgets as xai
from xai_widgets.evaluation.erasure import Erasure
from xai_widgets.models.cut import Cut

MARGIN = xai.Margin(0, 1)
"""Of no single class, so that it is measured itself."""


@pytest.fixture
def linear(polynomial):
    """A linear model of twelve numbers, of which no two count the same."""
    model = polynomial(shape=(12,))
    model.square = 0 * model.square
    return model


@pytest.fixture
def x():
    return np.random.default_rng(5).uniform(0.1, 1, 12).astype(np.float32)


def contributions(model, x, fill):
    return (model.linear[0] - model.linear[1]) * (x - fill)


@pytest.mark.parametrize("metric", [xai.Deletion, xai.Insertion])
@pytest.mark.parametrize("order", ["morf", "lerf"])
def test_of_a_linear_model_the_curve_is_a_sum_of_contributions(linear, x, metric, order):
    found = metric(fill=0.0, order=order)(linear, x, method=xai.InputXGradient(), quantity=MARGIN)
    each = np.sort(contributions(linear, x, 0))[:: -1 if order == "morf" else 1]
    gone = np.concatenate([[0], np.cumsum(each)])
    whole = found.judged.score
    expected = whole - gone if metric is xai.Deletion else whole - gone[-1] + gone
    assert found.measured == "quantity"
    np.testing.assert_allclose(found.shares, np.arange(13) / 12)
    np.testing.assert_allclose(found.curve, expected, rtol=1e-5, atol=1e-5)
    assert found.value == pytest.approx(np.trapezoid(expected, dx=1 / 12), rel=1e-5)
    assert found.evaluations == 2 * 13


def test_aopc_and_abpc_are_what_their_authors_say(linear, x):
    """AOPC = 1 / (L + 1) sum over k of F(x0) - F(xk), ABPC the same of the other order minus this one."""
    found = xai.Deletion(fill=0.0)(linear, x, method=xai.InputXGradient(), quantity=MARGIN)
    each = contributions(linear, x, 0)
    most, least = (np.concatenate([[0], np.cumsum(np.sort(each)[::way])]) for way in (-1, 1))
    assert found.aopc == pytest.approx(most.sum() / 13, rel=1e-5)
    assert found.abpc == pytest.approx((most - least).sum() / 13, rel=1e-5)


def test_the_right_order_of_a_linear_model_is_the_best_there_is(linear, x):
    right = xai.Deletion(fill=0.0)(linear, x, method=xai.InputXGradient(), quantity=MARGIN).value
    wrong = xai.InputXGradient()(linear, x, MARGIN)
    for seed in range(20):
        wrong.values[:] = np.random.default_rng(seed).permutation(wrong.values)
        assert xai.Deletion(fill=0.0)(wrong).value > right


def test_a_probability_is_that_of_the_class_that_was_explained(linear, x):
    found = xai.Deletion(steps=4, fill=0.0)(linear, x, method=xai.InputXGradient())
    top = int(linear.scores(x)[0].argmax())
    order = np.argsort(-linear.linear[top] * x)
    expected = []
    for gone in (0, 3, 6, 9, 12):
        left = x.copy()
        left[order[:gone]] = 0
        expected.append(special.softmax(linear.scores(left)[0])[top])
    np.testing.assert_allclose(found.curve, expected, rtol=1e-5)
    assert found.measured == "probability"
    logit = xai.Deletion(steps=4, fill=0.0)(linear, x, method=xai.InputXGradient(), quantity=xai.Logit(top))
    assert logit.value == pytest.approx(found.value, rel=1e-6)


def test_insertion_is_the_other_deletion_read_from_its_end(polynomial, picture):
    model = polynomial()
    deletion, insertion = (
        metric(steps=16, order=order)(model, picture, method=xai.Saliency())
        for metric, order in ((xai.Deletion, "lerf"), (xai.Insertion, "morf"))
    )
    np.testing.assert_allclose(insertion.curve, deletion.curve[::-1])
    assert insertion.value == pytest.approx(deletion.value)


def test_a_map_that_is_the_same_everywhere_is_as_good_as_chance(linear, x):
    """All orders of it are random ones, and not that of storage: their mean is that of all orders, a line."""
    judged = xai.InputXGradient()(linear, x, MARGIN)
    judged.values[:] = 1
    found = xai.Deletion(fill=0.0, ties=400)(judged)
    ends = judged.score, judged.score - contributions(linear, x, 0).sum()
    assert found.value == pytest.approx(np.mean(ends), abs=4 * found.standard_error)
    assert found.standard_error < 0.05 * abs(ends[0] - ends[1])
    errors = found.curves[0, :, :, 0].std(axis=1) / np.sqrt(400)
    assert (np.abs(found.curve - np.linspace(*ends, 13)) <= 4.5 * errors + 1e-6).all()
    assert (errors[1:-1] > 0).all()


def test_where_nothing_is_equal_there_is_one_order(linear, x):
    found = xai.Deletion(ties=9)(linear, x, method=xai.InputXGradient())
    assert found.curves.shape[2] == 1
    assert np.isnan(found.standard_error)


def test_slopes_count_by_their_size_and_contributions_by_their_sign(linear, x):
    for method, size in ((xai.Saliency(), np.abs), (xai.InputXGradient(), lambda one: one)):
        judged = method(linear, x, MARGIN)
        (left,) = erased(xai.Deletion(fill=0.0), judged, [1 / 12])[0, 0]
        assert np.flatnonzero(left == 0) == size(judged.values).argmax()


def test_what_is_a_slope_by_other_rules_counts_by_its_size_as_well():
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(12, 9), torch.nn.ReLU(), torch.nn.Linear(9, 3))
    judged = xai.GuidedBackpropagation()(xai.wrap(network, input_shape=(12,)), np.linspace(0, 1, 12, dtype=np.float32))
    assert judged.method.kind == "weight"
    assert judged.values.min() < 0
    (left,) = erased(xai.Deletion(fill=0.5), judged, [1 / 12])[0, 0]
    assert np.flatnonzero(left == 0.5) == np.abs(judged.values).argmax()


def erased(metric, judged, shares, order="morf"):
    return metric.erasure(judged).left(shares, order)


@pytest.mark.parametrize("features", ["squares", "superpixels"])
def test_what_goes_together_goes_by_its_mean_and_at_once(polynomial, picture, features):
    model = polynomial()
    metric, judged = xai.Deletion(fill=0.0, features=features, size=2), xai.InputXGradient()(model, picture)
    erasure = metric.erasure(judged)
    (left,) = erasure.left([1 / erasure.counts[0]], "morf")[:, 0]
    gone = (left[0] == 0).all(axis=0)
    inside = judged.map[gone].mean()
    numbers = model.input.divided(picture[None], features, 2)[0]
    numbers = np.broadcast_to(numbers, picture.shape)[0]
    means = [judged.map[numbers == number].mean() for number in np.unique(numbers)]
    assert inside == pytest.approx(max(means), rel=1e-5)
    assert (numbers[gone] == numbers[gone][0]).all()
    assert (numbers[~gone] != numbers[gone][0]).all()


@pytest.mark.parametrize("fill", ["mean", "black", "blur", "noise", 0.3])
def test_fills(polynomial, picture, fill):
    model = polynomial()
    judged = xai.InputXGradient()(model, picture)
    (left,) = erased(xai.Deletion(fill=fill), judged, [1.0])[0, 0]
    if fill == "noise":
        assert np.unique(left).size == left.size
        assert 0 <= left.min() < 0.1 < 0.9 < left.max() <= 1
        (other,) = erased(xai.Deletion(fill=fill, seed=1), judged, [1.0])[0, 0]
        assert (other != left).all()
    elif fill == "mean":
        np.testing.assert_allclose(
            left, np.broadcast_to(picture.mean(axis=(1, 2), keepdims=True), left.shape), rtol=1e-5
        )
    elif fill == "blur":
        assert left.std() < 0.5 * picture.std()
    else:
        np.testing.assert_allclose(left, 0 if fill == "black" else fill)


def test_a_batch_is_its_inputs(polynomial):
    model = polynomial()
    batch = np.random.default_rng(0).uniform(0, 1, (3, 3, 6, 8))
    metric = xai.Insertion(steps=8, features="superpixels", size=3)
    together = metric(model, batch, method=xai.Occlusion(window=2, stride=2))
    assert together.curve.shape == (3, 9)
    for row, x in enumerate(batch):
        alone = metric(model, x, method=xai.Occlusion(window=2, stride=2))
        np.testing.assert_allclose(alone.curve, together.curve[row], rtol=1e-5)
        assert alone.value == pytest.approx(together.value[row], rel=1e-5)
        assert alone.abpc == pytest.approx(together.abpc[row], rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("chunk", [1, 3, 16])
def test_it_does_not_depend_on_how_the_work_is_cut(polynomial, picture, monkeypatch, chunk):
    model = polynomial()
    whole = xai.Deletion(steps=16)(model, picture, method=xai.Saliency())
    monkeypatch.setattr(Cut, "chunk", lambda self, kind: chunk)
    assert xai.Deletion(steps=16)(model, picture, method=xai.Saliency()).value == pytest.approx(whole.value, rel=1e-9)


def test_it_streams_from_both_ends_to_ever_finer_nodes(polynomial, picture, monkeypatch):
    model = polynomial()
    monkeypatch.setattr(Cut, "chunk", lambda self, kind: 2)
    judged = xai.Saliency()(model, picture)
    first = list(xai.Deletion(steps=8).stream(judged))
    assert [len(one.shares) for one in first] == list(range(2, 10))
    assert first[0].shares.tolist() == [0, 1]
    assert first[1].shares.tolist() == [0, 0.5, 1]
    assert first[3].shares.tolist() == [0, 0.25, 0.5, 0.75, 1]
    for one in first:
        assert one.value == pytest.approx(np.trapezoid(one.curve, one.shares))


def test_it_goes_on_from_half_as_many_steps(polynomial, picture):
    model = polynomial()
    judged = xai.Saliency()(model, picture)
    *_, half = xai.Deletion(steps=8).stream(judged)
    rows = model.rows
    *_, resumed = xai.Deletion(steps=16).stream(judged, resume=half)
    assert model.rows - rows == 16, "only the nodes that are missing, both ways round"
    again = xai.Deletion(steps=16)(judged)
    assert resumed.value == pytest.approx(again.value, rel=1e-12)
    np.testing.assert_allclose(resumed.curve, again.curve, rtol=1e-12)
    for other in (xai.Deletion(steps=12), xai.Deletion(steps=16, fill="black"), xai.Insertion(steps=16)):
        with pytest.raises(ValueError, match="cannot go on from"):
            other.stream(judged, resume=half)


def test_nodes_that_lie_elsewhere_are_not_taken_over(polynomial, picture):
    """Six parts have six steps at most, whose nodes are not those of four."""
    judged = xai.Saliency()(polynomial(), picture)
    four, eight = (xai.Deletion(features="squares", size=3, steps=steps) for steps in (4, 8))
    *_, resumed = eight.stream(judged, resume=four(judged))
    np.testing.assert_allclose(resumed.curve, eight(judged).curve)


def test_where_several_nodes_are_the_same_they_are_run_once(polynomial, picture):
    """Inputs may have other superpixels in other batches, so the nodes are those that were asked for."""
    found = xai.Deletion(features="superpixels", size=3, steps=64)(polynomial(), picture, method=xai.Saliency())
    parts = len(np.unique(found.judged.question.model.input.divided(picture[None], "superpixels", 3)))
    assert len(found.shares) == 65
    assert len(np.unique(found.curve)) <= parts + 1
    assert found.evaluations == 2 * (parts + 1)


def test_no_more_nodes_than_parts(polynomial, picture):
    found = xai.Deletion(features="squares", size=3)(polynomial(), picture, method=xai.Saliency())
    parts = 2 * 3
    assert len(found.shares) == parts + 1
    assert (
        xai.Deletion(features="squares", size=3, steps=128).stream(found.judged, resume=found).last().value
        == found.value
    )


def test_every_order_is_between_the_best_and_the_worst(linear, x):
    """Brute force over the orders of five parts of a linear model."""
    judged = xai.InputXGradient()(linear, x, MARGIN)
    parts = np.minimum(np.arange(12) // 2, 4)
    each = np.array([contributions(linear, x, 0)[parts == part].sum() for part in range(5)])
    areas = []
    for order in itertools.permutations(range(5)):
        curve = judged.score - np.concatenate([[0], np.cumsum(each[list(order)])])
        areas.append(np.trapezoid(curve, dx=0.2))
    for part in range(5):  # A part counts by its mean, so that all of it has the same value.
        judged.values[parts == part] = each[part]
    best, worst = (xai.Deletion(fill=0.0, features=parts, order=order)(judged).value for order in ("morf", "lerf"))
    assert best == pytest.approx(min(areas), rel=1e-5)
    assert worst == pytest.approx(max(areas), rel=1e-5)


def test_it_says_what_it_found(polynomial, picture):
    found = xai.Deletion(steps=4)(polynomial(), picture, method=xai.Saliency())
    assert repr(found).startswith("deletion ")
    assert "fill mean" in repr(found)
    assert [fact.label for fact in found.facts] == ["deletion", "AOPC", "ABPC"]
    assert found._repr_png_()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"steps": 0}, "expected a whole number of at least 1"),
        ({"order": "best"}, "expected 'morf' or 'lerf'"),
        ({"fill": "grey"}, "expected 'mean'"),
        ({"ties": 0}, "at least 1"),
        ({"features": "words"}, "expected 'pixels'"),
    ],
)
def test_wrong_options(options, words):
    with pytest.raises(ValueError, match=words):
        xai.Deletion(**options)


def test_parts_that_are_fixed_stay(polynomial, x):
    """A rank of -1 is never reached, from neither end."""
    model = polynomial(shape=(12,))
    judged = xai.InputXGradient()(model, x)
    erasure = xai.Deletion(fill=0.0).erasure(judged)
    erasure._ranks[..., 3] = -1
    assert isinstance(erasure, Erasure)
    for order in ("morf", "lerf"):
        assert (erasure.left([1.0], order)[..., 3] == x[3]).all()


def test_words_give_way_to_padding_and_padding_is_no_word():
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Embedding(9, 4), torch.nn.Flatten(), torch.nn.Linear(24, 3))
    model, ids = xai.wrap(network, input_shape=(6,)), np.array([3, 5, 1, 7, 0, 0])
    found = xai.Deletion(steps=4)(model, ids, method=xai.FeatureAblation())
    assert "fill padding" in repr(found)
    assert found.evaluations == 2 * 5, "there are four words"
    order = ids[np.argsort(-found.judged.values, kind="stable")]
    left = ids.copy()
    left[np.isin(left, order[:1])] = 0
    expected = model.probabilities(left)[0, model.scores(ids)[0].argmax()]
    assert found.curve[1] == pytest.approx(expected, rel=1e-5)
