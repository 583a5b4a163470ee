"""How a value arises, by the definitions of the methods written out on a polynomial, whose gradients are known."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose

import xai_widgets as xai
from tests.by_hand import gaussian_noise
from xai_widgets.attribution import mechanism as mechanisms

AT = (4, 5)


def gradient(model, x, target):
    return model.linear[target] + model.square[target] * x


def score(model, x, target):
    return float(model.polynomial(x[None])[0, target])


def test_a_path_is_its_gradients_and_the_area_under_them(polynomial, picture):
    model = polynomial()
    arises = xai.IntegratedGradients(steps=5, baseline=0.25).mechanism(model, picture, xai.Logit(1), at=AT)
    nodes = np.arange(6) / 5
    points = [0.25 + node * (picture - 0.25) for node in nodes]
    by_hand = np.stack([gradient(model, point, 1)[:, *AT] for point in points])
    assert_allclose(arises.nodes, nodes)
    assert_allclose(arises.gradients, by_hand, rtol=1e-5)
    assert_allclose(arises.ways, np.broadcast_to((picture - 0.25)[:, *AT], (6, 3)), rtol=1e-6)
    assert_allclose(arises.weights, np.array([0.5, 1, 1, 1, 1, 0.5]) / 5)
    heights = (by_hand * (picture - 0.25)[:, *AT]).sum(axis=1)
    assert_allclose(arises.heights, heights, rtol=1e-5)
    assert arises.value == pytest.approx(np.trapezoid(heights, nodes), rel=1e-5)
    assert "over 3 channels, at 6 points from 0.25 to the picture" in repr(arises)


@pytest.mark.parametrize(
    ("method", "statistic"),
    [(xai.SmoothGrad, np.mean), (xai.SmoothGradSquared, lambda g, axis: (g**2).mean(axis)), (xai.VarGrad, np.var)],
)
def test_samples_are_the_gradients_at_the_noisy_copies(polynomial, picture, method, statistic):
    model = polynomial()
    arises = method(sigma=0.2, samples=7, seed=3).mechanism(model, picture, xai.Logit(2), at=AT)
    copies = [picture + 0.2 * gaussian_noise(3, index, picture.shape, 0) for index in range(7)]
    by_hand = np.stack([gradient(model, copy, 2)[:, *AT] for copy in copies])
    found = statistic(by_hand, axis=0)
    largest = np.abs(found).argmax()
    assert_allclose(arises.samples[:, 0], by_hand[:, largest], rtol=1e-4)
    assert arises.value == pytest.approx(found[largest], rel=1e-4)
    assert arises.spread == pytest.approx(by_hand[:, largest].std(), rel=1e-4)


def test_samples_of_many_baselines_have_ways_of_their_own(polynomial, picture):
    model = polynomial()
    baselines = np.random.default_rng(4).uniform(size=(3, *picture.shape))
    method = xai.ExpectedGradients(samples=6, baselines=baselines)
    arises = method.mechanism(model, picture, xai.Logit(1), at=AT)
    starts = method.references(method.ask(model, picture), 0, 6)[:, 0]
    slopes = model.linear[1][:, *AT], model.square[1][:, *AT]
    # Of a product that is linear along the line only the place of the point is unknown, and it is within the line.
    ends = [
        (slopes[0] + slopes[1] * point[:, *AT]) * (picture - start)[:, *AT]
        for point, start in (*((start, start) for start in starts), *((picture, start) for start in starts))
    ]
    low, high = np.sort([ends[:6], ends[6:]], axis=0)
    assert (low - 1e-6 <= arises.samples).all()
    assert (arises.samples <= high + 1e-6).all()
    assert arises.value == pytest.approx(arises.samples.sum(axis=1).mean())
    assert arises.value == pytest.approx(float(method(model, picture, xai.Logit(1)).map[AT]), rel=1e-5)


def test_a_gradient_at_a_point_is_that_of_the_largest_channel(polynomial, picture):
    model = polynomial()
    there = gradient(model, picture, 1)[:, *AT]
    assert xai.Saliency().mechanism(model, picture, xai.Logit(1), at=AT).value == pytest.approx(
        there[np.abs(there).argmax()], rel=1e-5
    )
    products = xai.InputXGradient().mechanism(model, picture, xai.Logit(1), at=AT).products
    assert_allclose(products, there * picture[:, *AT], rtol=1e-5)


STILL = (slice(None), *AT)


def at_the_baseline(picture, channels):
    """Return the picture whose value at the place is that of the baseline 0.25, and as many of its channels."""
    x = picture.copy()
    x[STILL] = 0.25
    return x[:channels]


@pytest.mark.parametrize("channels", [1, 3])
def test_a_place_with_no_way_gets_nothing_and_shows_its_gradients(polynomial, picture, channels):
    model, x = polynomial((channels, 6, 8)), at_the_baseline(picture, channels)
    arises = xai.IntegratedGradients(steps=4, baseline=0.25).mechanism(model, x, xai.Logit(1), at=AT)
    nodes = [gradient(model, 0.25 + node * (x - 0.25), 1)[STILL] for node in np.arange(5) / 4]
    assert arises.value == 0
    (curve,) = arises.parts
    assert_allclose(curve.y, np.sum(nodes, axis=1), rtol=1e-5)
    assert np.abs(curve.y).min() > 0.01
    assert curve.label == "gradient, here times 0"
    assert "it gets nothing, whatever its gradients" in arises.sentence
    if channels == 1:
        mean = float(np.trapezoid(np.ravel(nodes), dx=0.25))
        assert f"the mean gradient {mean:.3g} at 5 points" in arises.sentence
        assert "times the way 0" in arises.sentence


def test_what_is_nothing_at_a_place_gets_nothing_and_shows_its_gradient(polynomial, picture):
    model, x = polynomial(), picture.copy()
    x[STILL] = 0
    arises = xai.InputXGradient().mechanism(model, x, xai.Logit(1), at=AT)
    (bars,) = arises.parts
    assert_allclose([value for _, value in bars.rows], gradient(model, x, 1)[STILL], rtol=1e-5)
    assert (arises.value, bars.label) == (0, "gradient, here times 0")
    assert "times what is there, which is 0: it gets nothing" in arises.sentence


def test_samples_with_no_way_bring_nothing_and_show_their_gradients(polynomial, picture):
    model, x = polynomial(), at_the_baseline(picture, 3)
    baselines = np.random.default_rng(4).uniform(size=(3, *x.shape))
    baselines[:, *STILL] = 0.25
    arises = xai.ExpectedGradients(samples=6, baselines=baselines).mechanism(model, x, xai.Logit(1), at=AT)
    (dots,) = arises.parts
    # On lines whose ends agree at the place the gradient of the polynomial is the same all along.
    assert_allclose(dots.rows[0][1], np.full(6, gradient(model, x, 1)[STILL].sum()), rtol=1e-5)
    assert (arises.value, dots.label) == (0, "gradient, here times 0")
    assert "which is 0: it gets nothing" in arises.sentence


def test_what_changes_on_its_way_has_no_one_factor(polynomial, picture):
    model = polynomial((1, 6, 8))
    query = xai.Influence(distribution=xai.Line(steps=4), multiplier="activation")
    arises = query.mechanism(model, picture[:1], xai.Logit(1), at=AT)
    assert arises.value == pytest.approx(arises.weights @ arises.heights)
    assert arises.sentence.startswith("the area under gradient × what is there, at 5 points")
    (alone,) = xai.ExpectedGradients(samples=1).mechanism(model, picture[:1], xai.Logit(1), at=AT).ways
    assert (
        f"times the way {alone:.3g}"
        in xai.ExpectedGradients(samples=1).mechanism(model, picture[:1], xai.Logit(1), at=AT).sentence
    )


def test_a_statistic_of_a_single_sample_is_no_gradient(polynomial, picture):
    arises = xai.SmoothGradSquared(samples=1).mechanism(polynomial(), picture, xai.Logit(1), at=AT)
    assert arises.value == pytest.approx(arises.mean**2)
    assert arises.sentence.startswith("the mean square of 1 ")


def test_windows_are_those_that_cover_the_place(polynomial, picture):
    model = polynomial()
    arises = xai.Occlusion(window=3, stride=2, baseline=0.4).mechanism(model, picture, xai.Logit(1), at=AT)
    by_hand = {}
    for top, left in itertools.product(range(0, 6 - 3 + 2, 2), range(0, 8 - 3 + 2, 2)):
        if top <= AT[0] < top + 3 and left <= AT[1] < left + 3:
            hidden = picture.copy()
            hidden[:, top : top + 3, left : left + 3] = 0.4
            by_hand[score(model, hidden, 1)] = hidden
    order = np.argsort(arises.scores)
    assert_allclose(arises.scores[order], sorted(by_hand), rtol=1e-6)
    assert_allclose(arises.pictures[order], np.stack([by_hand[one] for one in sorted(by_hand)]), rtol=1e-6)
    assert arises.score == pytest.approx(score(model, picture, 1))
    assert arises.value == pytest.approx(score(model, picture, 1) - np.mean(list(by_hand)), rel=1e-5)


def switched(picture, present, size=3, baseline=0.4):
    """Return the picture with those of its squares that are present, numbered in reading order."""
    squares = np.add.outer(-(-picture.shape[2] // size) * (np.arange(6) // size), np.arange(8) // size)
    return np.where(np.asarray(present)[squares], picture, baseline), squares[AT]


SQUARES = {"features": "squares", "size": 3, "baseline": 0.4}


@pytest.mark.parametrize("method", [xai.ShapleySampling(samples=6, **SQUARES), xai.ExactShapley(**SQUARES)])
def test_entries_are_coalitions_with_the_feature_and_without(polynomial, picture, method):
    model = polynomial()
    arises = method.mechanism(model, picture, xai.Logit(1), at=AT)
    for present, before, after in zip(arises.coalitions, arises.before, arises.after, strict=True):
        without, own = switched(picture, present)
        assert not present[own]
        assert before == pytest.approx(score(model, without, 1), abs=1e-5)
        assert after == pytest.approx(score(model, switched(picture, present | (np.arange(6) == own))[0], 1), abs=1e-5)
    assert arises.weights.sum() == pytest.approx(1)
    assert arises.value == pytest.approx(arises.weights @ arises.brought)
    # Of a sum over pixels every coalition gets the same.
    assert_allclose(arises.brought, arises.value, atol=1e-4)


def test_a_coefficient_is_what_least_squares_make_of_the_coalitions(polynomial, picture):
    model = polynomial()
    method = xai.Lime(samples=40, ridge=0.5, **SQUARES)
    arises = method.mechanism(model, picture, xai.Probability(1), at=AT)
    _, own = switched(picture, np.ones(6, bool))
    weights = np.exp(-(1 - arises.coalitions.mean(axis=1)) / method.width**2)
    assert_allclose(arises.weights, weights)
    rows = np.column_stack([arises.coalitions, np.ones(40)])
    penalty = np.diag([0.5] * 6 + [0])
    hat = np.linalg.solve(rows.T @ (rows * weights[:, None]) + penalty, rows.T * weights)[own]
    assert_allclose(arises.influences, hat, atol=1e-8)
    assert arises.value == pytest.approx(hat @ arises.scores, abs=1e-5)
    assert (arises.present == arises.coalitions[:, own]).all()


@pytest.mark.parametrize("samples", [20, 62])
def test_kernel_shap_is_an_equal_part_and_what_the_coalitions_add(polynomial, picture, samples):
    model = polynomial()
    arises = xai.KernelShap(samples=samples, **SQUARES).mechanism(model, picture, xai.Probability(1), at=AT)
    made = arises.constant + arises.influences @ (arises.scores - arises.origin)
    assert made == pytest.approx(arises.value)
    exact = xai.ExactShapley(**SQUARES)(model, picture, xai.Probability(1))
    if samples == 62:  # all coalitions: by symmetry the constant is the same for every feature
        empty, _ = switched(picture, np.zeros(6, bool))
        change = exact.score - exact.question.values(empty)
        assert arises.constant == pytest.approx(change / 6, abs=1e-6)
        assert arises.value == pytest.approx(exact.map[AT], abs=1e-5)


def test_what_is_too_much_to_keep_is_kept_of_the_place_alone(polynomial, picture, monkeypatch):
    model, method = polynomial(), xai.IntegratedGradients(steps=8)
    every = method.mechanism(model, picture, at=AT)
    monkeypatch.setattr(mechanisms.Elements, "KEEPING", 1000)
    alone = method.mechanism(model, picture, at=AT)
    assert alone.value == every.value
    assert_allclose(alone.gradients, every.gradients)
    *_, kept = method.kept_steps_to(method.ask(model, picture), AT)
    assert kept.ledger.gradients.shape == (9, 3)
    with pytest.raises(ValueError, match="was not kept"):
        kept.mechanism((0, 0))


@pytest.mark.parametrize(
    ("at", "error", "words"),
    [
        ((6, 0), ValueError, "the map is 6 x 8"),
        ((-1, 0), ValueError, "counted from 0"),
        ((1,), ValueError, "the map is 6 x 8"),
        ((0.5, 1), TypeError, "expected whole numbers"),
        ("here", TypeError, "expected whole numbers"),
        (None, TypeError, "expected whole numbers"),
    ],
)
def test_a_place_that_is_none_is_refused(polynomial, picture, at, error, words):
    with pytest.raises(error, match=words):
        xai.Saliency().mechanism(polynomial(), picture, at=at)


def test_a_value_of_a_batch_is_none(polynomial, picture):
    with pytest.raises(ValueError, match="expected one"):
        xai.Saliency().mechanism(polynomial(), np.stack([picture, picture]), at=AT)


def test_results_have_what_cost_nothing_to_keep(polynomial, picture):
    model = polynomial()
    rows = model.rows
    result = xai.Occlusion(window=3, stride=2)(model, picture, xai.Logit(1))
    taken = model.rows - rows
    assert result.mechanism(AT).value == pytest.approx(result.map[AT])
    assert model.rows - rows == taken
    many = xai.Lime(samples=5000, features="squares", size=3)
    with pytest.raises(ValueError, match="was not kept"):  # it would grow with the samples
        many(model, picture).mechanism(AT)
    assert many.mechanism(model, picture, at=AT).scores.shape == (5000,)
    with pytest.raises(ValueError, match=r"method.mechanism\(model, x, at=\(4, 5\)\)"):
        xai.IntegratedGradients(steps=4)(model, picture).mechanism(AT)


def test_a_side_of_which_nothing_counts_has_no_mean(polynomial, picture):
    far = xai.Lime(samples=40, width=1e-3, **SQUARES).mechanism(polynomial(), picture, xai.Logit(1), at=AT)
    missing = int((~far.present).sum())
    assert f"without it not known, since none of {missing} counts" in far.sentence
    assert [name for name, _ in far.parts[-1].rows] == ["with it"]
    always = xai.Lime(samples=1, **SQUARES).mechanism(polynomial(), picture, xai.Logit(1), at=AT)
    assert always.sentence.endswith("in the weighted mean of 1, without it not known, since none was drawn")
    assert "nan" not in repr(far) + repr(always)


def test_a_place_of_several_features_sums_what_each_brings(polynomial, picture):
    method = xai.ShapleySampling(samples=5, features="channels", baseline=0.4)
    arises = method.mechanism(polynomial(), picture, xai.Logit(1), at=AT)
    words = "the sum over its 3 features of the mean of what each brings when it enters 5 coalitions"
    assert arises.sentence.startswith(words)
    assert arises.value == pytest.approx(arises.brought.reshape(3, 5).mean(axis=1).sum())


def test_a_token_of_a_word_has_a_part_of_what_its_word_brings():
    words = "its part, 0.5 of that of its feature, which is "
    assert (mechanisms.in_part(0.5), mechanisms.in_part(1), mechanisms.in_part(1, 1)) == (words, "", "")
