"""Every method on every kind of model: it runs and streams as all do, or is refused in words."""

import copy
import inspect

import numpy as np
import pytest

import xai_widgets as xai
from tests.methods.cases import cases
from tests.methods.networks import KINDS, subject
from xai_widgets.attribution.family import FAMILIES
from xai_widgets.attribution.method import METHODS
from xai_widgets.models.cut import Cut

LONGEST = 60
"""Lines of a method where its family carries it."""

CASES = cases(np.zeros(5))
"""As they are for a table."""

TELLING = [kind for kind in KINDS if kind.__name__ in ("torch_chain", "torch_table", "torch_transformer")]
TELLING += [kind for kind in KINDS if kind.__name__ in ("torch_callable", "keras_functional")]
"""A few kinds that differ in what an attribution stands on; both frameworks, and each order of the axes."""

every_method = pytest.mark.parametrize("name", list(METHODS))
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def explained(name, kind):
    """Return the case of a method and the subject; the test ends here where the model is refused, in the same words."""
    it = subject(kind)
    method = cases(it.baseline)[name]
    reason = type(method).refusal(it.model)
    if reason is None:
        return method, it, False
    assert reason[0].isupper(), reason
    assert reason.endswith("."), reason
    with pytest.raises((ValueError, TypeError)) as caught:
        method(it.model, it.batch)
    said(caught)
    return method, it, True


def said(caught):
    """Assert that an error is one of ours, and that it says more than a few words."""
    assert type(caught.value).__module__.startswith("xai_widgets."), repr(caught.value)
    assert len(str(caught.value)) > 30


def weights(network):
    if hasattr(network, "state_dict"):
        return {key: value.numpy().copy() for key, value in network.state_dict().items()}
    return {str(place): value for place, value in enumerate(network.get_weights())}


def test_every_method_has_its_line():
    assert set(CASES) == set(METHODS)
    assert all(CASES[name].name == name for name in CASES)


@every_method
def test_what_a_method_says_of_itself(name):
    method = METHODS[name]
    assert method.family in FAMILIES
    assert method.label
    assert method.sentence.endswith(".")
    assert method.reference[-4:].isdigit(), "expected a year at the end"
    assert getattr(xai, method.__name__) is method
    if name != "influence":  # the query itself, with all its choices open
        source, words = inspect.getsource(method).splitlines(), (method.__doc__ or "").splitlines()
        assert len(source) - len(words) <= LONGEST, "a method is a choice of what its family offers"


@every_kind
@every_method
def test_streams(name, kind, agreement):
    method, it, refused = explained(name, kind)
    agreement.note(name, "models", kind.__name__, type(method).refusal(it.model) if refused else "runs")
    if refused:
        return
    before = weights(it.network)
    training = getattr(it.network, "training", None)
    estimates = list(method.stream(it.model, it.batch))
    last = estimates[-1]
    if len(estimates) > 1:
        agreement.note(name, "stream", "several", True)
    assert [estimate.final for estimate in estimates] == [False] * (len(estimates) - 1) + [True]
    passes = [estimate.evaluations for estimate in estimates]
    assert passes == sorted(passes)
    assert last.evaluations <= last.planned or np.isnan(last.planned)
    for estimate in (estimates[0], last):
        (layout,) = estimate.layouts
        assert estimate.values.shape == (len(it.batch), *layout.shape)
        if not isinstance(estimate, xai.TokenAttribution):  # which has one value for each token
            assert layout.shape == last.question.cut.shape
        assert estimate.values.dtype == np.float32
        assert np.isfinite(estimate.values).all()
        assert estimate.standard_error is None or estimate.standard_error.shape == estimate.values.shape
    assert np.shape(last.score) == (len(it.batch),)
    assert np.isfinite(last.map).all()
    after = weights(it.network)
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[key], after[key]) for key in before), "the network has changed"
    assert getattr(it.network, "training", None) == training


@pytest.mark.parametrize("kind", TELLING, ids=lambda kind: kind.__name__)
@every_method
def test_the_mechanism_of_a_place_makes_its_value(name, kind):
    method, it, refused = explained(name, kind)
    if refused:
        return
    x = it.batch[1]
    if not method.has_mechanism:
        with pytest.raises(ValueError, match="has no mechanism") as caught:
            method.mechanism(it.model, x, at=(0, 0))
        said(caught)
        return
    kept = method.kept_steps_to(method.ask(it.model, x))
    if method.family == "propagation" and not it.model.layers and name != "deeplift_shap":
        with pytest.raises(ValueError, match="No layer is seen above") as caught:
            list(kept)
        said(caught)
        return
    *_, last = kept
    found = method(it.model, x)
    # The map is a sum of single precision: of values that cancel it is as exact as they are large.
    close = 1e-5 * float(max(np.abs(found.map).max(), np.abs(found.values).max()))
    sizes = found.map.shape
    for at in [(0,) * len(sizes), tuple(size - 1 for size in sizes), tuple(size // 3 for size in sizes)]:
        arises = last.mechanism(at)
        assert arises.value == pytest.approx(float(found.map[at]), abs=close)
        assert arises.at == at
        assert f"{arises.value:.4g} is {arises.sentence}" in repr(arises)
    assert isinstance(arises._repr_png_(), bytes)


@every_kind
@every_method
def test_a_batch_is_its_inputs(name, kind):
    method, it, refused = explained(name, kind)
    if refused or name == "feature_permutation":  # which shuffles among the inputs of its batch
        return
    together = method(it.model, it.batch)
    alone = method(it.model, it.batch[1])
    size = np.abs(together.values[1]).max()
    np.testing.assert_allclose(alone.values, together.values[1], atol=2e-4 * size + 1e-6)
    assert alone.score == pytest.approx(together.score[1], abs=1e-4)
    assert isinstance(alone._repr_png_(), bytes)


@every_method
def test_does_not_depend_on_how_the_work_is_cut(name, monkeypatch, agreement):
    method, it, refused = explained(name, KINDS[0])
    if refused:
        return
    monkeypatch.setattr(Cut, "chunk", lambda self, kind: 1)
    *before, one = method.stream(it.model, it.batch)
    if before:
        agreement.note(name, "stream", "several", True)
    monkeypatch.setattr(Cut, "chunk", lambda self, kind: 16)
    many = method(it.model, it.batch)
    # What is left is the rounding of single precision in the passes themselves.
    np.testing.assert_allclose(one.values, many.values, atol=2e-5 * np.abs(many.values).max())


@every_kind
@every_method
def test_bad_input_is_refused_in_words_and_nothing_is_lost(name, kind):
    method, it, refused = explained(name, kind)
    if refused:
        return
    for bad in (it.batch[:0], it.batch[..., :-1], np.full_like(it.batch, np.nan), it.batch.astype(str), "a picture"):
        with pytest.raises((ValueError, TypeError)) as caught:
            method(it.model, bad)
        said(caught)
    for wrong in ({"quantity": xai.Logit(99)}, {"quantity": "a class"}, {"layer": "no such layer"}, {"layer": 3}):
        with pytest.raises((ValueError, TypeError)) as caught:
            method(it.model, it.batch, **wrong)
        said(caught)
    with pytest.raises((ValueError, TypeError)) as caught:
        method(it.network, it.batch)
    said(caught)
    assert np.isfinite(method(it.model, it.batch).values).all()


@every_method
def test_options_are_checked_when_it_is_made(name):
    method = METHODS[name]
    for option in method.options():
        for bad in (float("nan"), "no such choice", -1 if option.minimum is not None and option.minimum >= 0 else None):
            if bad is None:
                continue
            with pytest.raises((ValueError, TypeError)) as caught:
                method(**{option.name: bad})
            said(caught)
    with pytest.raises(TypeError):
        method(no_such_option=1)
    assert repr(copy.copy(CASES[name])) == repr(CASES[name])
