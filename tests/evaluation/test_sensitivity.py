"""Sensitivity against the closed form of a quadratic model, loops by hand, and as a stream. Captum is in parity/."""

import itertools

import numpy as np
import pytest

import xai_widgets as xai
from xai_widgets.models.cut import Cut

SIZE = 6


@pytest.fixture
def quadratic(polynomial):
    """A model whose slopes are A x, with a diagonal A."""
    model = polynomial(shape=(SIZE,))
    model.linear = 0 * model.linear
    return model


@pytest.fixture
def x():
    return np.random.default_rng(5).uniform(0.2, 1, SIZE)


def largest(model, x, radius):
    """The true maximum of |A d| / |A x| over the box, which is at a corner."""
    slopes = model.square[1]
    corners = np.array(list(itertools.product((-1, 1), repeat=SIZE)))
    return np.linalg.norm(slopes * corners * radius, axis=1).max() / np.linalg.norm(slopes * x)


def test_corners_find_the_maximum_of_a_quadratic_model_and_a_sample_of_the_box_less(quadratic, x):
    expected = largest(quadratic, x, 0.1)
    inside, corners = (
        xai.SensitivityMax(radius=0.1, samples=64, draws=draws)(
            quadratic, x, method=xai.Saliency(), quantity=xai.Logit(1)
        )
        for draws in ("uniform", "corners")
    )
    assert corners.value == pytest.approx(expected, rel=1e-5)
    assert 0.5 * expected < inside.value < expected


def test_it_is_what_loops_say(polynomial):
    model, x = polynomial(shape=(3, 4, 5)), np.random.default_rng(0).uniform(0.1, 0.9, (3, 4, 5))
    top = int(model.scores(x)[0].argmax())
    here = xai.InputXGradient()(model, x).values
    changes = []
    for number in range(10):
        box = np.random.default_rng((3, number)).uniform(-1, 1, (4, 5, 3))  # Drawn with channels last.
        moved = x + 0.05 * box.transpose(2, 0, 1)
        there = xai.InputXGradient()(model, moved, xai.Logit(top)).values
        changes.append(np.linalg.norm(there - here) / np.linalg.norm(here))
    found = xai.SensitivityMax(radius=0.05, samples=10, seed=3)(model, x, method=xai.InputXGradient())
    assert found.value == pytest.approx(max(changes), rel=1e-4)
    assert found.mean == pytest.approx(np.mean(changes), rel=1e-4)
    assert found.mean_error == pytest.approx(np.std(changes, ddof=1) / np.sqrt(10), rel=1e-3)
    assert found.norm == pytest.approx(np.linalg.norm(here), rel=1e-5)


def test_the_class_is_that_of_the_input_wherever_a_neighbour_leads(polynomial):
    model = polynomial(shape=(SIZE,), seed=3)
    x = np.random.default_rng(0).uniform(0, 1, SIZE)
    metric, top = xai.SensitivityMax(radius=2.0, samples=64), int(model.scores(x)[0].argmax())
    judged = xai.Saliency()(model, x)
    assert len(set(model.polynomial(metric.neighbours(judged, 0, 64)[:, 0]).argmax(axis=1))) > 1
    assert metric(judged).value == metric(model, x, method=xai.Saliency(), quantity=xai.Logit(top)).value


def test_what_another_seed_does_is_said_beside_it(polynomial, picture):
    drawn = xai.SensitivityMax(samples=4)(polynomial(), picture, method=xai.SmoothGrad(samples=4))
    assert drawn.floor > 0
    assert "another seed alone" in repr(drawn)
    plain = xai.SensitivityMax(samples=4)(polynomial(), picture, method=xai.Saliency())
    assert plain.floor == 0
    assert "another seed" not in repr(plain)
    assert repr(plain).startswith("sensitivity at least ")


def test_another_seed_is_tried_once_also_where_a_stream_goes_on(polynomial, picture):
    judged = xai.SmoothGrad(samples=4)(polynomial(), picture)
    *_, half = xai.SensitivityMax(samples=4).stream(judged)
    *_, resumed = xai.SensitivityMax(samples=8).stream(judged, resume=half)
    again = xai.SensitivityMax(samples=8)(judged)
    assert (resumed.floor, resumed.value) == pytest.approx((again.floor, again.value))
    assert resumed.evaluations == again.evaluations == 9 * judged.evaluations


def test_no_radius_moves_nothing_even_where_a_method_draws(polynomial, picture):
    assert xai.SensitivityMax(radius=0, samples=3)(polynomial(), picture, method=xai.SmoothGrad(samples=4)).value == 0


def test_where_there_is_no_explanation_there_is_no_part_of_it(polynomial, picture):
    model = polynomial()
    model.linear, model.square = 0 * model.linear, 0 * model.square
    found = xai.SensitivityMax(samples=3)(model, picture, method=xai.Saliency())
    assert np.isnan(found.value)
    assert found.norm == 0


def test_a_batch_is_its_inputs(polynomial):
    model, batch = polynomial(), np.random.default_rng(0).uniform(0, 1, (3, 3, 6, 8))
    metric = xai.SensitivityMax(samples=5)
    together = metric(model, batch, method=xai.IntegratedGradients(steps=4))
    for row, x in enumerate(batch):
        assert metric(model, x, method=xai.IntegratedGradients(steps=4)).value == pytest.approx(
            together.value[row], rel=1e-4
        )


@pytest.mark.parametrize("chunk", [1, 3, 16])
def test_it_does_not_depend_on_how_the_work_is_cut(polynomial, picture, monkeypatch, chunk):
    whole = xai.SensitivityMax(samples=8)(polynomial(), picture, method=xai.Saliency())
    monkeypatch.setattr(Cut, "chunk", lambda self, kind: chunk)
    cut = xai.SensitivityMax(samples=8)(polynomial(), picture, method=xai.Saliency())
    assert (cut.value, cut.mean) == pytest.approx((whole.value, whole.mean), rel=1e-9)


def test_it_streams_and_goes_on_where_fewer_samples_ended(polynomial, picture, monkeypatch):
    model = polynomial()
    monkeypatch.setattr(Cut, "chunk", lambda self, kind: 2)
    judged = xai.Saliency()(model, picture)
    first = list(xai.SensitivityMax(samples=8).stream(judged))
    assert len(first) == 4
    assert (np.diff([one.value for one in first]) >= 0).all()
    *_, resumed = xai.SensitivityMax(samples=16).stream(judged, resume=first[-1])
    again = xai.SensitivityMax(samples=16)(judged)
    assert (resumed.value, resumed.mean) == pytest.approx((again.value, again.mean))
    assert resumed.evaluations == again.evaluations == 16
    assert again.value >= first[-1].value


def test_where_values_have_no_range_there_is_no_radius(polynomial):
    model = polynomial(shape=(6,), bounds=None)
    with pytest.raises(ValueError, match=r"expected wrap\(..., bounds="):
        xai.SensitivityMax()(model, np.zeros(6), method=xai.Saliency())
