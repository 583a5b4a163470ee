import itertools

import numpy as np
import pytest

import xai_widgets as xai
from tests.by_hand import an_input, gaussian_noise
from xai_widgets.attribution.baseline import baselines_for
from xai_widgets.attribution.gradients.moments import Panels
from xai_widgets.attribution.gradients.nodes import nested_nodes, walked_nodes
from xai_widgets.attribution.gradients.noise import ALPHA
from xai_widgets.models.cut import Cut


def integral(model, x, baseline, target):
    """The integrated gradients of a polynomial of second degree, in closed form."""
    return (x - baseline) * (model.linear[target] + model.square[target] * (x + baseline) / 2)


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 50, 64])
def test_integrated_gradients_equal_the_closed_form_at_every_number_of_steps(polynomial, picture, steps):
    model = polynomial()
    result = xai.IntegratedGradients(steps=steps, baseline="white")(model, picture, xai.Logit(2))
    np.testing.assert_allclose(result.values, integral(model, picture, 1, 2), rtol=1e-5, atol=1e-6)
    assert result.values.dtype == np.float32
    assert result.gap < 1e-6
    assert result.evaluations == steps + 1 == model.rows


def test_where_the_class_is_known_the_input_goes_through_the_network_with_the_others(polynomial, picture, monkeypatch):
    monkeypatch.setattr(Cut, "chunk", lambda self, kind: 16)
    model, method = polynomial(), xai.IntegratedGradients(steps=8)
    question = method.ask(model, picture)
    *_, first = method.steps_to(question)
    assert model.largest_chunk == 8
    *_, again = method.steps_to(question)
    assert model.largest_chunk == 9
    assert first.evaluations == again.evaluations == 9
    np.testing.assert_allclose(again.values, first.values, rtol=1e-6)


@pytest.mark.parametrize("steps", [1, 2, 5, 8, 12, 64, 100])
def test_nodes_are_a_permutation_and_those_of_half_the_steps_come_first(steps):
    nodes = nested_nodes(steps)
    assert sorted(nodes) == list(range(steps + 1))
    np.testing.assert_array_equal(nested_nodes(2 * steps)[: steps + 1], 2 * nodes)


def test_every_estimate_on_the_way_is_a_weighted_mean_of_the_gradients_so_far(polynomial, picture, monkeypatch):
    monkeypatch.setattr(Cut, "chunk", lambda self, kind: 1)
    model = polynomial()
    estimates = list(xai.IntegratedGradients(steps=16).stream(model, picture, xai.Logit(0)))
    for estimate in estimates:
        nodes = nested_nodes(16)[: estimate.evaluations] / 16
        gradients = [model.linear[0] + model.square[0] * alpha * picture for alpha in nodes]
        interior = sum(gradients[2:], 0 * gradients[0])
        expected = picture * (gradients[0] / 2 + gradients[1] / 2 + interior) / (len(nodes) - 1)
        np.testing.assert_allclose(estimate.values, expected, rtol=1e-5, atol=1e-6)
    assert [estimate.final for estimate in estimates] == [False] * (len(estimates) - 1) + [True]
    assert {estimate.planned for estimate in estimates} == {17}


def test_going_on_from_m_to_2m_steps_costs_m(polynomial, picture):
    model = polynomial()
    half = list(xai.IntegratedGradients(steps=12).stream(model, picture, xai.Probability(1)))[-1]
    model.rows = 0
    *_, resumed = xai.IntegratedGradients(steps=24).stream(model, picture, xai.Probability(1), resume=half)
    assert model.rows == 12
    fresh = xai.IntegratedGradients(steps=24)(model, picture, xai.Probability(1))
    np.testing.assert_allclose(resumed.values, fresh.values, rtol=1e-6)
    assert resumed.evaluations == fresh.evaluations == 25
    model.rows = 0
    again = xai.IntegratedGradients(steps=24).stream(model, picture, xai.Probability(1), resume=half)
    np.testing.assert_array_equal(list(again)[-1].values, resumed.values)  # resuming does not use up the estimate
    assert model.rows == 12


def test_resume_refuses_another_question(polynomial, picture):
    model = polynomial()
    half = list(xai.IntegratedGradients(steps=12).stream(model, picture, xai.Logit(1)))[-1]
    for method, x, quantity in [
        (xai.IntegratedGradients(steps=24, baseline="white"), picture, xai.Logit(1)),
        (xai.IntegratedGradients(steps=36), picture, xai.Logit(1)),
        (xai.IntegratedGradients(steps=24), picture / 2, xai.Logit(1)),
        (xai.IntegratedGradients(steps=24), picture, xai.Logit(2)),
    ]:
        with pytest.raises(ValueError, match="expected the same"):
            method.stream(model, x, quantity, resume=half)


def test_saliency_is_the_signed_gradient(polynomial, picture):
    model = polynomial()
    result = xai.Saliency()(model, picture, xai.Logit(1))
    np.testing.assert_allclose(result.values, model.linear[1] + model.square[1] * picture, rtol=1e-6)
    assert result.evaluations == 1 == model.rows
    assert np.isnan(result.gap)
    largest = np.abs(result.values).argmax(axis=0)
    np.testing.assert_array_equal(result.map, np.choose(largest, result.values))


def test_input_times_gradient(polynomial, picture):
    model = polynomial()
    result = xai.InputXGradient()(model, picture, xai.Logit(1))
    np.testing.assert_allclose(result.values, picture * (model.linear[1] + model.square[1] * picture), rtol=1e-5)
    np.testing.assert_allclose(result.map, result.values.sum(axis=0))


def test_smoothgrad_is_the_mean_of_gradients_at_its_own_noise(polynomial, picture):
    model = polynomial(bounds=(-1, 3))
    result = xai.SmoothGrad(sigma=0.2, samples=5, seed=7)(model, picture, xai.Logit(3))
    noisy = [picture + 0.2 * 4 * gaussian_noise(7, index, (3, 6, 8), 0) for index in range(5)]
    expected = np.mean([model.linear[3] + model.square[3] * point for point in noisy], axis=0)
    np.testing.assert_allclose(result.values, expected, rtol=1e-5, atol=1e-6)
    assert result.evaluations == 6 == model.rows  # five gradients, and the score at the picture itself
    assert result.score == pytest.approx(model.polynomial(picture[None])[0, 3])


def test_noise_is_standard_normal_and_the_same_in_every_layout():
    first, last = an_input((3, 40, 50)), an_input((40, 50, 3))
    drawn = last.noise((0,), 3)
    np.testing.assert_array_equal(np.moveaxis(first.noise((0,), 3), 0, -1), drawn)
    np.testing.assert_array_equal(drawn, gaussian_noise(0, 3, (40, 50, 3), -1))
    assert abs(drawn.mean()) < 0.05
    assert abs(drawn.std() - 1) < 0.05
    for key, index in (((0,), 4), ((1,), 3), ((1,), 4)):
        assert not np.array_equal(drawn, last.noise(key, index))


def test_more_samples_go_on_where_fewer_ended(polynomial, picture):
    model = polynomial()
    few = list(xai.SmoothGrad(samples=4).stream(model, picture))[-1]
    model.rows = 0
    *_, more = xai.SmoothGrad(samples=7).stream(model, picture, resume=few)
    assert model.rows == 3
    np.testing.assert_allclose(more.values, xai.SmoothGrad(samples=7)(model, picture).values, rtol=1e-6)


@pytest.mark.parametrize(
    ("quantity", "by_score"),
    [
        (xai.Logit(1), lambda p: np.eye(4)[1]),
        (xai.Margin(1, 3), lambda p: np.eye(4)[1] - np.eye(4)[3]),
        (xai.Probability(1), lambda p: p[1] * (np.eye(4)[1] - p)),
        (xai.LogProbability(1), lambda p: np.eye(4)[1] - p),
    ],
)
def test_gradients_of_the_quantities(polynomial, picture, quantity, by_score):
    model = polynomial()
    p = model.probabilities(picture)[0]
    jacobian = model.linear + model.square * picture
    result = xai.Saliency()(model, picture, quantity)
    np.testing.assert_allclose(result.values, np.tensordot(by_score(p), jacobian, 1), rtol=1e-4, atol=1e-8)


def test_the_top_class_is_fixed_at_the_input_itself(polynomial, picture):
    model = polynomial(seed=1)
    scores = model.polynomial(picture[None])[0]
    at_black = model.polynomial(np.zeros((1, 3, 6, 8)))[0]
    assert scores.argmax() != at_black.argmax()
    for method in (xai.IntegratedGradients(steps=4), xai.SmoothGrad(samples=3), xai.Occlusion(window=2, stride=2)):
        result = method(model, picture)
        assert result.score == pytest.approx(scores.max())
        np.testing.assert_allclose(result.values, method(model, picture, xai.Logit(int(scores.argmax()))).values)


def test_variance_and_mean_square(polynomial, picture):
    model = polynomial()
    gaussian = xai.Gaussian(sigma=0.1, samples=6)
    points = [picture + 0.1 * gaussian_noise(0, index, (3, 6, 8), 0) for index in range(6)]
    gradients = np.array([model.linear[0] + model.square[0] * point for point in points])
    variance = xai.Influence(distribution=gaussian, statistic="variance", quantity=xai.Logit(0))
    np.testing.assert_allclose(variance(model, picture).values, gradients.var(axis=0), rtol=1e-4, atol=1e-9)
    square = xai.Influence(distribution=gaussian, statistic="mean_square", quantity=xai.Logit(0))
    np.testing.assert_allclose(square(model, picture).values, (gradients**2).mean(axis=0), rtol=1e-5)


@pytest.mark.parametrize(
    ("named", "explicit"),
    [
        (xai.Saliency(), xai.Influence()),
        (xai.InputXGradient(), xai.Influence(multiplier="activation")),
        (
            xai.IntegratedGradients(steps=6, baseline=0.3),
            xai.Influence(distribution=xai.Line(steps=6, baseline=0.3), multiplier="displacement"),
        ),
        (xai.SmoothGrad(samples=5, sigma=0.1), xai.Influence(distribution=xai.Gaussian(samples=5, sigma=0.1))),
    ],
)
def test_the_named_methods_are_choices_of_the_explicit_query(polynomial, picture, named, explicit):
    model = polynomial()
    np.testing.assert_array_equal(named(model, picture).values, explicit(model, picture).values)


@pytest.mark.parametrize(
    "method",
    [xai.Saliency(), xai.IntegratedGradients(steps=9), xai.SmoothGrad(samples=9), xai.Occlusion(window=3, stride=2)],
)
def test_a_batch_is_its_inputs_one_by_one(polynomial, method):
    model = polynomial()
    batch = np.random.default_rng(2).uniform(size=(5, 3, 6, 8))
    together = method(model, batch, xai.Logit([0, 1, 2, 3, 0]))
    for row, target in enumerate([0, 1, 2, 3, 0]):
        alone = method(model, batch[row], xai.Logit(target))
        np.testing.assert_allclose(together.values[row], alone.values, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(together.map[row], alone.map, rtol=1e-6, atol=1e-9)
        assert together.score[row] == pytest.approx(alone.score)
    assert together.evaluations == 5 * alone.evaluations


@pytest.mark.parametrize(
    "method",
    [
        xai.IntegratedGradients(steps=40),
        xai.SmoothGrad(samples=40),
        xai.VarGrad(samples=40),
        xai.ExpectedGradients(samples=40),
        xai.Influence(distribution=xai.Line(steps=40), multiplier="change"),
        xai.Occlusion(window=2, stride=1),
    ],
)
def test_results_do_not_depend_on_how_the_work_was_cut(polynomial, picture, method, monkeypatch):
    results = []
    for largest in (1, 4, 16):
        model = polynomial()
        monkeypatch.setattr(Cut, "chunk", lambda self, kind, largest=largest: largest)
        results.append(method(model, np.stack([picture, picture / 2, picture**2])).values)
        assert model.largest_chunk <= max(largest, 3)
    for one, other in itertools.pairwise(results):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-9)


def test_gap_is_nan_where_nothing_changes_and_the_absolute_gap_is_there(polynomial, picture):
    model = polynomial()
    result = xai.IntegratedGradients(steps=2, baseline=picture)(model, picture, xai.Logit(0))
    assert np.isnan(result.gap)
    assert result.absolute_gap == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("baseline", "change", "known"),
    [
        *((0.0, 0.9e-3, False), (0.0, 1.1e-3, True), (0.0, -0.9e-3, False), (0.0, -1.1e-3, True)),
        *((100.0, 0.09, False), (100.0, 0.11, True), (-100.0, 0.09, False), (-100.0, 0.11, True)),
    ],
)
def test_gap_is_relative_to_changes_from_a_thousandth_of_the_scores_on(polynomial, baseline, change, known):
    model = polynomial(shape=(1,), outputs=1, bounds=None)
    model.linear, model.square = np.ones((1, 1)), np.zeros((1, 1))
    method = xai.IntegratedGradients(steps=2, baseline=np.array([baseline]))
    result = method(model, np.array([baseline + change]), xai.Logit(0))
    assert np.isnan(result.gap) == (not known)
    assert result.absolute_gap == pytest.approx(0, abs=1e-6)


def test_gap_follows_its_definition_on_a_curved_quantity(polynomial, picture):
    """A probability is not quadratic along the line, so the trapezoid rule leaves a gap to be reported."""
    model = polynomial()
    result = xai.IntegratedGradients(steps=3)(model, picture, xai.Probability(2))
    change = model.probabilities(picture)[0, 2] - model.probabilities(np.zeros((3, 6, 8)))[0, 2]
    expected = abs(result.values.sum(dtype=float) - change)
    assert expected > 1e-3
    assert result.absolute_gap == pytest.approx(expected, rel=1e-3)
    assert result.gap == pytest.approx(expected / abs(change), rel=1e-3)


def test_what_is_not_a_wrapped_network_is_refused(picture):
    with pytest.raises(TypeError, match=r"expected a network in xai_widgets\.wrap"):
        xai.Saliency()(lambda x: x, picture)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: xai.IntegratedGradients(steps=0), ValueError, "steps is 0; expected a whole number from 1"),
        (lambda: xai.IntegratedGradients(steps=2.5), TypeError, "steps is 2.5; expected a whole number"),
        (lambda: xai.IntegratedGradients(steps="many"), TypeError, "steps is 'many'"),
        (lambda: xai.IntegratedGradients(steps=10**30), ValueError, "expected a whole number from 1 to"),
        (lambda: xai.IntegratedGradients(baseline="grey"), ValueError, "baseline is 'grey'; expected 'black' or"),
        (lambda: xai.IntegratedGradients(baseline=[np.nan]), ValueError, "NaN"),
        (lambda: xai.IntegratedGradients(baseline=None), TypeError, "baseline is None"),
        (lambda: xai.SmoothGrad(sigma=-0.1), ValueError, "sigma is -0.1"),
        (lambda: xai.SmoothGrad(sigma=np.nan), ValueError, "sigma is nan"),
        (lambda: xai.SmoothGrad(samples=True), TypeError, "samples is True"),
        (lambda: xai.SmoothGrad(seed=-1), ValueError, "seed is -1"),
        (lambda: xai.Occlusion(window=0), ValueError, "window is 0"),
        (lambda: xai.Occlusion(window=2, stride=3), ValueError, "expected stride to be at most window"),
        (lambda: xai.Influence(distribution="line"), TypeError, "distribution is 'line'"),
        (lambda: xai.Influence(statistic="median"), ValueError, "statistic is 'median'"),
        (lambda: xai.Line(steps=0), ValueError, "steps is 0"),
        (lambda: xai.Custom(3), TypeError, "expected a function"),
    ],
)
def test_bad_options_are_refused_at_once(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda m, x: xai.Saliency().stream(m, x, 3), TypeError, r"expected a quantity such as Logit\(3\)"),
        (
            lambda m, x: xai.Saliency().stream(m, x, xai.Logit(9)),
            ValueError,
            "no class 9; expected an index from 0 to 3",
        ),
        (lambda m, x: xai.Saliency().stream(m, x, xai.Logit("cat")), ValueError, "knows no names"),
        (lambda m, x: xai.Saliency().stream(m, x, xai.Logit([1, 2])), ValueError, "2 targets for 1 inputs"),
        (lambda m, x: xai.Saliency().stream(m, x, xai.Logit(1.0)), TypeError, "found 1.0"),
        (lambda m, x: xai.Saliency().stream(m, x, xai.Unit("a", (0, 1.0, 2))), TypeError, "index in a layer is 1.0"),
        (lambda m, x: xai.Saliency().stream(m, x, xai.Unit(None, 1)), TypeError, "expected the name of a layer"),
        (lambda m, x: xai.Saliency().stream(m, x, xai.Channel("a", "b")), TypeError, "index in a layer is 'b'"),
        (lambda m, x: xai.Saliency().stream(m, x, xai.Channel(None, 1)), TypeError, "expected the name of a layer"),
        (lambda m, x: xai.IntegratedGradients().stream(m, x, resume=3), TypeError, "resume is a int"),
        (lambda m, x: xai.Saliency().stream(m, x, xai.Margin(1, 1)), ValueError, "compares a class with itself"),
        (lambda m, x: xai.Saliency().stream(m, x, xai.Margin(1, None)), TypeError, "b=None"),
        (lambda m, x: xai.Saliency().stream(m, x[0]), ValueError, r"shape \(6, 8\); expected \(3, 6, 8\)"),
        (lambda m, x: xai.Saliency().stream(m, np.moveaxis(x, 0, -1)), ValueError, "channels seem to come last"),
        (lambda m, x: xai.Saliency().stream(m, x * np.nan), ValueError, "NaN"),
        (lambda m, x: xai.Saliency().stream(m, (x * 255).astype(int)), TypeError, "Divide pictures by 255"),
        (lambda m, x: xai.Saliency().stream(m, "picture"), TypeError, "expected floating-point numbers"),
        (lambda m, x: xai.Saliency().stream(m, x[None][:0]), ValueError, "batch is empty"),
        (lambda m, x: xai.Saliency().stream(m, x, layer="conv1"), ValueError, "no layer 'conv1'"),
        (lambda m, x: xai.Saliency().stream(m, x, layer=3), TypeError, "given by its name"),
        (lambda m, x: xai.Occlusion().stream(m, x), ValueError, r"window is 8, but the input spans \(6, 8\)"),
        (lambda m, x: xai.Occlusion(window=2, stride=2).stream(m, x, layer="a"), ValueError, "takes no layer"),
        (lambda m, x: xai.IntegratedGradients(baseline=x[0]).stream(m, x), ValueError, r"baseline has shape \(6, 8\)"),
        (lambda m, x: xai.Influence(multiplier="displacement").stream(m, x), ValueError, "that of a path"),
    ],
)
def test_bad_questions_are_refused_before_the_stream_starts(polynomial, picture, ask, error, message):
    model = polynomial()
    with pytest.raises(error, match=message):
        ask(model, picture)
    assert model.rows == 0


def test_tables_have_no_black_and_no_noise(polynomial):
    model, x = polynomial(shape=(5,), bounds=None), np.ones(5)
    for method in (xai.IntegratedGradients(), xai.SmoothGrad(), xai.Occlusion(window=1, stride=1)):
        with pytest.raises(ValueError, match="bounds=None"):
            method(model, x)
    result = xai.IntegratedGradients(baseline=0.0, steps=2)(model, x, xai.Logit(1))
    np.testing.assert_allclose(result.values, integral(model, x, 0, 1), rtol=1e-5)


def test_values_outside_the_bounds_warn(polynomial, picture):
    model = polynomial()
    occlusion = xai.Occlusion(window=2, stride=2)
    for ask in (model.scores, lambda x: xai.Saliency()(model, x), lambda x: occlusion.stream(model, x)):
        with pytest.warns(UserWarning, match=r"outside the bounds \(0, 1\)") as seen:
            ask(picture * 3)
        assert seen[0].filename == __file__, "the line that is shown is the reader's own"


@pytest.mark.parametrize(
    "method", [xai.Saliency(), xai.SmoothGrad(samples=2), xai.IntegratedGradients(), xai.Occlusion(window=2, stride=2)]
)
def test_the_top_class_is_not_compared_with_itself(polynomial, picture, method):
    model = polynomial()
    order = np.argsort(model.scores(picture)[0])
    with pytest.raises(ValueError, match="the very class that it is compared with"):
        method(model, picture, xai.Margin(None, int(order[-1])))
    assert method(model, picture, xai.Margin(None, int(order[0]))).score > 0


def test_targets_come_as_arrays_too(polynomial, picture):
    model, batch = polynomial(), np.stack([picture, picture / 2])
    quantity = xai.Logit(np.array([1, 3]))
    assert quantity == xai.Logit([1, 3])
    coarse = xai.IntegratedGradients(steps=2)(model, batch, quantity)
    np.testing.assert_allclose(coarse.score, model.scores(batch)[[0, 1], [1, 3]], rtol=1e-6)
    *_, fine = xai.IntegratedGradients(steps=4).stream(model, batch, xai.Logit(np.array([1, 3])), resume=coarse)
    assert fine.evaluations == 2 * 5
    assert xai.Logit(np.array(2)) == xai.Logit(2)


def test_a_nan_in_the_output_is_an_error_and_the_next_question_works(polynomial, picture):
    model = polynomial()
    linear = model.linear
    model.linear = linear * np.nan
    with pytest.raises(ValueError, match="output is NaN"):
        xai.Saliency()(model, picture)
    model.linear = linear
    assert np.isfinite(xai.Saliency()(model, picture).values).all()


@pytest.mark.slow
def test_memory_does_not_grow_with_the_samples(polynomial, monkeypatch):
    import tracemalloc

    monkeypatch.setattr(Cut, "chunk", lambda self, kind: 8)  # not chosen by time, which would decide the peak

    def peak(method):
        model = polynomial(shape=(3, 64, 64))
        x = np.full((3, 64, 64), 0.5)
        tracemalloc.start()
        for _ in method.stream(model, x):
            pass
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    for few, many in [
        (xai.IntegratedGradients(steps=32), xai.IntegratedGradients(steps=256)),
        (xai.SmoothGrad(samples=32), xai.SmoothGrad(samples=256)),
        (xai.ExpectedGradients(samples=32), xai.ExpectedGradients(samples=256)),
        (
            xai.Influence(distribution=xai.InputLine(steps=32), multiplier="change"),
            xai.Influence(distribution=xai.InputLine(steps=256), multiplier="change"),
        ),
        (xai.Occlusion(window=8, stride=8), xai.Occlusion(window=8, stride=3)),
    ]:
        assert peak(many) < 1.3 * peak(few)


def test_the_colours_of_a_slope_speak_of_brightness_for_pixels_only_and_those_of_squares_of_nothing_negative():
    method = xai.Influence()
    assert method.ends_at(None) == ("brighter lowers", "brighter raises")
    assert method.ends_at("layer") == xai.Saliency().ends_at("layer") == ("stronger lowers", "stronger raises")
    assert xai.Influence(multiplier="activation").ends_at("layer") == ("against", "for")
    assert xai.Influence(statistic="mean_square").ends_at("layer") == ("", "large")


def visited(steps, drawn):
    """The nodes of a walked line after so many of them, in order."""
    return sorted(walked_nodes(steps)[:drawn])


@pytest.mark.parametrize("steps", [1, 3, 8, 9, 21, 64])
def test_a_walked_line_visits_every_node_once_and_is_a_whole_integral_at_every_point(polynomial, steps, monkeypatch):
    monkeypatch.setattr(Cut, "chunk", lambda self, kind: 1)
    assert visited(steps, None) == list(range(steps + 1))
    model, x = polynomial(shape=(3,)), np.array([0.3, 0.9, 0.5])
    method = xai.Influence(distribution=xai.Line(steps=steps), multiplier="change")
    estimates = list(method.stream(model, x, xai.Probability(1)))
    assert len(estimates) == steps
    for estimate in estimates:
        nodes = visited(steps, estimate.evaluations)
        assert nodes[0] == 0
        assert nodes[-1] == steps
        points = [x * node / steps for node in nodes]
        gradients = [xai.Saliency()(model, point, xai.Probability(1)).values.astype(float) for point in points]
        panels = [(gradients[i] + gradients[i + 1]) / 2 * (points[i + 1] - points[i]) for i in range(len(points) - 1)]
        np.testing.assert_allclose(estimate.values, sum(panels), rtol=1e-4, atol=1e-7)


def test_only_the_coarse_panels_of_a_walked_line_are_kept():
    panels = Panels(200)
    for node in panels.order:
        panels.add(np.ones((1, 1, 4)), np.full((1, 1, 4), node / 200))
        assert len(panels.known) <= 10
        if panels.drawn > 1:
            np.testing.assert_allclose(panels.value(), 1)


def test_the_standard_error_is_that_of_the_mean(polynomial, picture):
    """Of single samples where all gradients are known, of groups of four where only their sums are."""
    model = polynomial()
    found = xai.ExpectedGradients(samples=13, seed=2)(model, picture, xai.Logit(1))
    starts = baselines_for(picture[None], "uniform", model, 2, 0, 13)[:, 0]
    alphas = np.array([np.random.default_rng((2, i, ALPHA)).random() for i in range(13)])[:, None, None, None]
    points = starts + alphas * (picture - starts)
    products = (picture - starts) * (model.linear[1] + model.square[1] * points)
    np.testing.assert_allclose(found.values, products.mean(axis=0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.standard_error, products.std(axis=0, ddof=1) / 13**0.5, rtol=1e-5)
    assert found.evaluations == 1 + 2 * 13 == model.rows

    found = xai.SmoothGrad(samples=14, sigma=0.2)(model, picture, xai.Logit(1))
    noise = np.array([gaussian_noise(0, i, (3, 6, 8), 0) for i in range(14)])
    gradients = model.linear[1] + model.square[1] * (picture + 0.2 * noise)
    groups = gradients[:12].reshape(3, 4, 3, 6, 8).mean(axis=1)
    np.testing.assert_allclose(found.standard_error, groups.std(axis=0, ddof=1) * (4 / 14) ** 0.5, rtol=1e-4)
    for method in (xai.SmoothGrad(samples=7), xai.Saliency(), xai.IntegratedGradients(), xai.VarGrad()):
        assert method(model, picture).standard_error is None


def test_the_standard_error_says_how_far_off_the_mean_is(polynomial):
    """Of many seeds the values scatter as the errors say."""
    model, x = polynomial(shape=(6,)), np.linspace(0.1, 0.9, 6)
    for method in (xai.ExpectedGradients, xai.SmoothGrad):
        found = [method(samples=32, seed=seed)(model, x, xai.Probability(1)) for seed in range(60)]
        scatter = np.std([one.values for one in found], axis=0, ddof=1)
        errors = np.sqrt(np.mean([one.standard_error**2 for one in found], axis=0))
        np.testing.assert_allclose(errors, scatter, rtol=0.35)


@pytest.mark.parametrize("method", [xai.ExpectedGradients, xai.SmoothGrad])
def test_a_stream_stops_by_itself_where_it_is_precise_enough_however_the_work_is_cut(polynomial, method, monkeypatch):
    x = np.linspace(0.1, 0.9, 6)
    found = []
    for largest in (1, 4, 16):
        monkeypatch.setattr(Cut, "chunk", lambda self, kind, largest=largest: largest)
        *_, last = method(samples=4096, tolerance=0.05).stream(polynomial(shape=(6,)), x, xai.Probability(1))
        found.append(last)
        assert last.final
        assert last.planned == last.evaluations < 4096
        assert last.standard_error.max() <= 0.05 * np.abs(last.values).max()
    assert len({one.evaluations for one in found}) == 1
    np.testing.assert_allclose(found[0].values, found[2].values, rtol=1e-6)
    np.testing.assert_allclose(found[0].standard_error, found[2].standard_error, rtol=1e-5)
    model = polynomial(shape=(6,))
    *_, loose = method(samples=4096, tolerance=0.1).stream(model, x, xai.Probability(1))
    *_, fine = method(samples=4096, tolerance=0.05).stream(model, x, xai.Probability(1), resume=loose)
    assert loose.evaluations < fine.evaluations == found[0].evaluations
    again = list(method(samples=4096, tolerance=0.1).stream(model, x, xai.Probability(1), resume=fine))
    assert [one.evaluations for one in again] == [fine.evaluations]  # precise enough already


def test_expected_gradients_go_on_where_fewer_samples_ended(polynomial, picture):
    model = polynomial()
    few = list(xai.ExpectedGradients(samples=5).stream(model, picture))[-1]
    model.rows = 0
    *_, more = xai.ExpectedGradients(samples=9).stream(model, picture, resume=few)
    assert model.rows == 2 * 4
    whole = xai.ExpectedGradients(samples=9)(model, picture)
    np.testing.assert_allclose(more.values, whole.values, rtol=1e-6)
    np.testing.assert_allclose(more.standard_error, whole.standard_error, rtol=1e-5)
    assert more.gap == pytest.approx(whole.gap, rel=1e-4)
    assert not xai.ExpectedGradients(samples=9, baselines="plain").extends(xai.ExpectedGradients(samples=5))


def test_expected_gradients_of_a_linear_score_are_exact_for_the_baselines_drawn(polynomial, picture, agreement):
    model = polynomial()
    model.square = 0 * model.square
    given = np.random.default_rng(8).uniform(size=(4, 3, 6, 8))
    found = xai.ExpectedGradients(samples=8, baselines=given)(model, picture, xai.Logit(2))
    expected = (picture - given.mean(axis=0)) * model.linear[2]
    agreement("expected_gradients", "closed form", found.values, expected)
    assert found.gap < 1e-5
    batch = np.stack([picture, picture / 2])
    both = xai.ExpectedGradients(samples=8, baselines=given)(model, batch, xai.Logit([2, 1]))
    agreement("expected_gradients", "closed form", both.values[0], expected)
    assert both.gap.max() < 1e-5
    assert both.evaluations == 2 * (1 + 8 + 8)


@pytest.mark.parametrize(
    ("named", "explicit"),
    [
        (
            xai.ExpectedGradients(samples=5, baselines="plain"),
            xai.Influence(distribution=xai.RandomLines(samples=5, baselines="plain"), multiplier="displacement"),
        ),
        (
            xai.SmoothGradSquared(samples=5),
            xai.Influence(distribution=xai.Gaussian(samples=5), statistic="mean_square"),
        ),
        (xai.VarGrad(samples=5), xai.Influence(distribution=xai.Gaussian(samples=5), statistic="variance")),
    ],
)
def test_the_named_samplers_are_choices_of_the_explicit_query(polynomial, picture, named, explicit):
    model = polynomial()
    np.testing.assert_array_equal(named(model, picture).values, explicit(model, picture).values)
    name, reference = explicit.known_as
    assert (name.lower(), reference) == (named.label.lower(), named.reference)
    assert xai.Influence.from_controls(explicit.as_controls()).as_controls() == explicit.as_controls()


@pytest.mark.parametrize(
    ("distribution", "name"), [(xai.InputLine(steps=3), "internal influence"), (xai.RandomLines(), None)]
)
def test_the_query_names_what_it_is(distribution, name):
    assert (xai.Influence(distribution=distribution).known_as or (None,))[0] == name
    conductance = xai.Influence(distribution=xai.InputLine(steps=3), multiplier="change")
    assert conductance.known_as[0] == "conductance"


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (xai.Influence(distribution=xai.Gaussian(), multiplier="change"), "The change is that along a path"),
        (xai.Influence(distribution=xai.InputLine(), multiplier="displacement"), "that of a path"),
        (xai.Influence(distribution=xai.Line(), multiplier="change", statistic="variance"), "expected 'mean'"),
        (xai.ExpectedGradients(baselines=np.zeros((2, 5))), r"baselines has shape \(2, 5\)"),
        (xai.Conductance(), "no layers that could be named"),
    ],
)
def test_choices_that_do_not_go_together_are_refused_before_the_stream_starts(polynomial, picture, ask, message):
    model = polynomial()
    with pytest.raises(ValueError, match=message):
        ask.stream(model, picture)
    assert model.rows == 0


def test_what_needs_a_range_of_values_says_so_beforehand(polynomial):
    table = polynomial(shape=(5,), bounds=None)
    for method in (xai.SmoothGrad, xai.SmoothGradSquared, xai.VarGrad):
        assert "bounds=None" in method.refusal(table)
    assert xai.ExpectedGradients.refusal(table) is None  # rows of the table can be its baselines
    rows = np.random.default_rng(0).normal(size=(6, 5))
    found = xai.ExpectedGradients(samples=6, baselines=rows)(table, np.ones(5), xai.Logit(0))
    assert np.isfinite(found.values).all()
    with pytest.raises(ValueError, match="bounds=None"):
        xai.ExpectedGradients()(table, np.ones(5))
