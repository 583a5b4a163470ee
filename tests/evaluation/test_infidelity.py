"""Infidelity against its closed form, against loops by hand, and as a stream like all others. Captum is in parity/."""

import inspect

import numpy as np
import pytest

import xai_widgets as xai
from tests.by_hand import gaussian_noise
from xai_widgets.answers.registry import REGISTRY
from xai_widgets.evaluation.controls import TrueMask
from xai_widgets.models.cut import Cut
from xai_widgets.session import Session, View

METRIC = xai.Infidelity(samples=64, sigma=0.2, seed=3)


@pytest.fixture
def linear(polynomial):
    """A linear model, whose slopes are its weights."""
    model = polynomial(shape=(6,))
    model.square = 0 * model.square
    return model


@pytest.fixture
def x():
    return np.random.default_rng(5).uniform(0, 1, 6)


def test_it_is_a_choice_of_what_its_family_offers():
    lines = [line for line in inspect.getsource(xai.Infidelity).splitlines() if line.strip()]
    assert len(lines) - len([line for line in xai.Infidelity.__doc__.splitlines() if line.strip()]) <= 20
    assert REGISTRY["evaluation"]["infidelity"] is xai.Infidelity


def test_the_true_slopes_of_a_linear_model_explain_all(linear, x):
    found = METRIC(linear, x, method=xai.Saliency(), quantity=xai.Logit(1))
    assert found.value == pytest.approx(0, abs=1e-12)
    assert found.unexplained == pytest.approx(0, abs=1e-6)
    assert found.scale == pytest.approx(1, abs=1e-6)


def test_false_slopes_of_a_linear_model_cost_what_the_closed_form_says(linear, x):
    """Of a linear model it is sigma^2 |Phi - w|^2; here what is judged are the slopes of another class."""
    judged = xai.Saliency()(linear, x, xai.Logit(1))
    judged.values[:] = linear.linear[2]
    found = xai.Infidelity(samples=20_000, sigma=0.3)(judged)
    expected = 0.3**2 * np.sum((linear.linear[2] - linear.linear[1]) ** 2)
    assert abs(found.value - expected) < 4 * found.standard_error
    assert found.standard_error < 0.02 * expected


def test_the_opposite_of_the_slopes_points_the_wrong_way(linear, x):
    judged = xai.Saliency()(linear, x, xai.Logit(1))
    judged.values[:] *= -2
    found = METRIC(judged)
    assert found.scale == pytest.approx(-0.5, abs=1e-6)
    assert found.unexplained == pytest.approx(0, abs=1e-6)
    assert "points the wrong way" in repr(found)


def test_it_is_what_loops_say_of_a_bent_model(polynomial):
    model = polynomial(shape=(3, 4, 5), outputs=4)
    x = np.random.default_rng(0).uniform(0, 1, (3, 4, 5))
    top = model.scores(x)[0].argmax()
    judged = xai.Saliency()(model, x)
    terms = []
    for number in range(METRIC.samples):
        noise = 0.2 * gaussian_noise(3, number, x.shape, 0)
        drop = (model.polynomial(x[None]) - model.polynomial((x + noise)[None]))[0, top]
        said = (-noise * judged.values).sum()
        terms.append([(said - drop) ** 2, said**2, said * drop, drop**2])
    error, said, both, drop = np.mean(terms, axis=0)
    found = METRIC(judged)
    assert found.value == pytest.approx(error, rel=1e-5)
    assert found.standard_error == pytest.approx(np.std(terms, axis=0, ddof=1)[0] / 8, rel=1e-5)
    assert found.unexplained == pytest.approx(1 - both**2 / (said * drop), rel=1e-5)
    assert found.scale == pytest.approx(both / said, rel=1e-5)


def test_contributions_are_asked_about_what_goes_to_the_baseline(polynomial):
    """Of an additive model exact contributions say all, whatever is taken away."""
    model = polynomial(shape=(3, 4, 5))
    x = np.random.default_rng(1).uniform(0, 1, (3, 4, 5))
    own = np.random.default_rng(2).uniform(0, 1, (3, 4, 5))
    for method in (
        xai.IntegratedGradients(steps=64, baseline=own),
        xai.ExactShapley(features="squares", size=2, baseline=own),
        xai.FeatureAblation(features="squares", size=2, baseline=own),
    ):
        found = METRIC(model, x, method=method, quantity=xai.Logit(1))
        assert found.unexplained == pytest.approx(0, abs=1e-6), method
        assert found.scale == pytest.approx(1, abs=1e-5), method


def test_the_class_is_that_of_the_input_wherever_the_noise_leads(polynomial):
    model = polynomial(shape=(6,), outputs=4, seed=3)
    x = np.random.default_rng(0).uniform(0, 1, 6)
    top = int(model.scores(x)[0].argmax())
    wide = xai.Infidelity(samples=256, sigma=2.0)
    noise = np.stack([gaussian_noise(0, number, x.shape, None) for number in range(256)])
    elsewhere = model.polynomial(x + 2 * noise).argmax(axis=1)
    assert len(set(elsewhere)) > 1, "the test needs noise that changes the class"
    left_open, named = (wide(model, x, method=xai.Saliency(), quantity=q) for q in (None, xai.Logit(top)))
    assert left_open.value == named.value


def test_a_batch_is_its_inputs(polynomial):
    model = polynomial()
    batch = np.random.default_rng(0).uniform(0, 1, (3, 3, 6, 8))
    together = METRIC(model, batch, method=xai.IntegratedGradients(steps=4))
    for row, x in enumerate(batch):
        alone = METRIC(model, x, method=xai.IntegratedGradients(steps=4))
        assert alone.value == pytest.approx(together.value[row], rel=1e-6)
        assert alone.unexplained == pytest.approx(together.unexplained[row], rel=1e-5)


@pytest.mark.parametrize("chunk", [1, 3, 16])
def test_it_does_not_depend_on_how_the_work_is_cut(polynomial, monkeypatch, chunk):
    model, x = polynomial(), np.random.default_rng(0).uniform(0, 1, (3, 6, 8))
    whole = METRIC(model, x, method=xai.Saliency())
    monkeypatch.setattr(Cut, "chunk", lambda self, kind: chunk)
    assert METRIC(model, x, method=xai.Saliency()).value == pytest.approx(whole.value, rel=1e-9)


def test_it_streams_and_goes_on_where_fewer_samples_ended(polynomial):
    model, x = polynomial(), np.random.default_rng(0).uniform(0, 1, (3, 6, 8))
    judged = xai.Saliency()(model, x)
    half, whole = xai.Infidelity(samples=32, sigma=0.2, seed=3), METRIC
    first = list(half.stream(judged))
    assert [one.final for one in first] == [False] * (len(first) - 1) + [True]
    assert len(first) > 1
    rows = model.rows
    *_, resumed = whole.stream(judged, resume=first[-1])
    assert model.rows - rows == 32, "only what is missing is run"
    again = whole(judged)
    assert resumed.value == pytest.approx(again.value, rel=1e-12)
    assert resumed.evaluations == again.evaluations == 64
    with pytest.raises(ValueError, match="expected the final one of fewer samples"):
        half.stream(judged, resume=resumed)


def test_it_can_be_left_at_any_time(polynomial):
    model, x = polynomial(), np.random.default_rng(0).uniform(0, 1, (3, 6, 8))
    stream = xai.Infidelity(samples=10_000)(model, x, method=xai.Saliency()).judged
    rows = model.rows
    next(xai.Infidelity(samples=10_000).stream(stream))
    assert model.rows - rows <= 32


def test_a_session_shows_it_and_remembers_it(polynomial):
    model, x = polynomial(), np.random.default_rng(0).uniform(0, 1, (3, 6, 8))
    judged, frames = xai.Saliency()(model, x), []
    session = Session(lambda content, buffers: frames.append((content, buffers)))
    view = View(
        question="judged",
        method=METRIC,
        stream=lambda resume: METRIC.steps_of(judged, resume=resume),
        header=dict,
        frame=lambda found, others: found.frame(others),
    )
    session.request([view])
    assert session.wait(30)
    content, (buffer,) = frames[-1]
    assert content["final"]
    assert np.frombuffer(buffer, np.float32) == pytest.approx(METRIC(judged).value, rel=1e-6)
    assert content["facts"][0]["label"] == "infidelity"
    rows = model.rows
    session.request([view])
    assert session.wait(30)
    assert model.rows == rows, "the second time it is remembered"
    session.close()


def test_a_notebook_shows_what_is_judged_and_how_well(polynomial):
    model, x = polynomial(), np.random.default_rng(0).uniform(0, 1, (3, 6, 8))
    found = METRIC(model, x, method=xai.Saliency())
    assert found._repr_png_()[:4] == b"\x89PNG"
    assert len(found._repr_png_()) > len(found.judged._repr_png_())
    assert repr(found).startswith("infidelity ")


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (("model",), {}, "expected a result such as"),
        (("model", "x"), {}, "method=None"),
        (("model",), {"method": xai.Saliency()}, "x is missing"),
        (("judged", "x"), {}, "expected it alone"),
        (("judged",), {"layer": "a"}, "expected it alone"),
        ((5, "x"), {"method": xai.Saliency()}, "Found a int"),
    ],
)
def test_what_does_not_fit_is_said_at_once(polynomial, arguments, options, words):
    model, x = polynomial(), np.random.default_rng(0).uniform(0, 1, (3, 6, 8))
    known = {"model": model, "x": x, "judged": xai.Saliency()(model, x)}
    given = [known.get(one, one) if isinstance(one, str) else one for one in arguments]
    with pytest.raises((ValueError, TypeError), match=words):
        METRIC.stream(*given, **options)


def test_where_nothing_changes_there_is_no_share(polynomial):
    model = polynomial(shape=(6,))
    model.linear, model.square = 0 * model.linear, 0 * model.square
    found = METRIC(model, np.full(6, 0.5), method=xai.Saliency())
    assert found.value == 0
    assert np.isnan([found.unexplained, found.scale]).all()


def test_an_explanation_that_says_nothing_explains_nothing(linear, x):
    judged = METRIC(linear, x, method=TrueMask(masks=np.zeros(6)), quantity=xai.Logit(1))
    assert judged.unexplained == 1
    assert np.isnan(judged.scale)
    assert judged.value > 0
    linear.linear[1] = 0
    assert np.isnan(METRIC(linear, x, method=TrueMask(masks=np.ones(6)), quantity=xai.Logit(1)).unexplained)
