"""What every backend shares: arguments of wrap, inputs, targets."""

import itertools
import threading
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

import xai_widgets as xai
from xai_widgets.models.budget import (
    FIRST_SECONDS,
    LONGEST_WATCHED_SECONDS,
    MOST_BYTES,
    SECONDS,
    UNWATCHED_SECONDS,
)


def wrapped(**options):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 4 * 6, 3))
    return xai.wrap(net, **{"input_shape": (3, 6, 8), **options})


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"classes": ["a", "b"]}, ValueError, "3 outputs, but classes has 2 names"),
        ({"classes": "abc"}, TypeError, "expected a sequence of names"),
        ({"classes": 3}, TypeError, "expected a sequence of names"),
        ({"bounds": (1, 0)}, ValueError, "the lower one first"),
        ({"bounds": (0, np.inf)}, ValueError, "two finite numbers"),
        ({"bounds": 1}, TypeError, r"expected \(low, high\)"),
        ({"preprocess": {"average": [0]}}, TypeError, "preprocess is"),
        ({"preprocess": {"std": [0.5, 0, 0.5]}}, ValueError, "expected positive numbers"),
        ({"preprocess": {"mean": ["grey"]}}, TypeError, "expected one number per channel"),
        ({"preprocess": {"mean": np.nan}}, ValueError, "expected finite numbers"),
        ({"input_shape": (3, 0, 8)}, ValueError, "each of size 1 or more"),
        ({"input_shape": 8}, TypeError, "expected sizes"),
        ({"input_shape": "ab"}, TypeError, "expected sizes"),
        ({"outputs": "softmax"}, ValueError, "expected 'logits', 'probabilities' or 'values'"),
        ({"backend": "jax"}, ValueError, "expected 'torch' or 'tensorflow'"),
    ],
)
def test_bad_arguments_of_wrap(options, error, message):
    with pytest.raises(error, match=message):
        wrapped(**options)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (3, "expected a torch.nn.Module, a keras.Model, or a callable"),
        (nn.Linear, "expected a torch.nn.Module"),
        (lambda x: x, "expected backend='torch' or backend='tensorflow'"),
    ],
)
def test_what_is_no_network(network, message):
    with pytest.raises(TypeError, match=message):
        xai.wrap(network)


def test_a_wrapped_network_is_not_wrapped_again():
    with pytest.raises(TypeError, match="wrapped already"):
        xai.wrap(wrapped())


def test_repr_says_what_was_found():
    taken = "picture (3, 6, 8) of channels, height, width, as its first layer, Conv2d, reads it, bounds (0, 1)"
    found = "3 outputs (logits: ends in a linear layer), 3 layers"
    found += " (what their axes stand for was seen in a pass at all of them)"
    assert repr(wrapped()) == f"Model(Sequential on torch, {taken}, {found})"


def test_probabilities_are_the_softmax_of_the_scores():
    model = wrapped()
    x = np.random.default_rng(0).uniform(size=(2, 3, 6, 8))
    scores = model.scores(x)
    expected = torch.softmax(torch.tensor(scores), 1).numpy()
    np.testing.assert_allclose(model.probabilities(x), expected, rtol=1e-5)
    np.testing.assert_allclose(model.probabilities(x).sum(axis=1), 1, rtol=1e-5)


def test_classes_go_by_name_and_index():
    model = wrapped(classes=["cat", "crane", "crane"])
    x = np.zeros((3, 6, 8))
    by_name = xai.Saliency()(model, x, xai.Logit("cat"))
    np.testing.assert_allclose(by_name.values, xai.Saliency()(model, x, xai.Logit(0)).values, atol=1e-6)
    with pytest.raises(ValueError, match=r"stands for the classes \[1, 2\]"):
        xai.Saliency()(model, x, xai.Logit("crane"))
    with pytest.raises(ValueError, match=r"no class 'cot'\. Did you mean 'cat'"):
        xai.Saliency()(model, x, xai.Logit("cot"))
    with pytest.raises(TypeError, match="index or a name"):
        xai.Saliency()(model, x, xai.Logit(1.5))
    with pytest.raises(ValueError, match="index from 0 to 2"):
        xai.Saliency()(model, x, xai.Logit(-1))


def test_integers_are_taken_where_bounds_are_those_of_bytes():
    model = wrapped(bounds=(0, 255))
    x = np.random.default_rng(0).integers(0, 256, size=(3, 6, 8), dtype=np.uint8)
    np.testing.assert_allclose(model.scores(x), model.scores(x.astype(np.float32)), rtol=1e-5)
    with pytest.raises(TypeError, match="bool"):
        model.scores(x > 5)


def test_tensors_are_taken_as_arrays():
    model = wrapped()
    x = torch.rand(2, 3, 6, 8, requires_grad=True)
    np.testing.assert_allclose(model.scores(x), model.scores(x.detach().numpy()), atol=1e-6)


def test_the_first_input_tells_the_shape_where_the_network_does_not():
    model = wrapped(input_shape=None)
    assert model.input_shape is None
    with pytest.raises(ValueError, match="input_shape"):
        _ = model.output_count
    model.scores(np.zeros((3, 6, 8)))
    assert model.input_shape == (3, 6, 8)


def test_two_threads_ask_one_model(monkeypatch):
    """A widget's worker and a cell of the notebook: neither may disturb the other."""
    model = wrapped()
    x = np.random.default_rng(0).uniform(size=(3, 6, 8))
    expected = [xai.IntegratedGradients(steps=20)(model, x, layer=layer).values for layer in (None, "0")]
    wrong = []

    def ask(place):
        for _ in range(20):
            values = xai.IntegratedGradients(steps=20)(model, x, layer=(None, "0")[place]).values
            if not np.allclose(values, expected[place], rtol=1e-5, atol=1e-8):
                wrong.append(place)

    threads = [threading.Thread(target=ask, args=(place,)) for place in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_one_slow_pass_changes_little_and_many_change_much(monkeypatch):
    model = wrapped()
    cut, x = model.at(None), np.zeros((1, 3, 6, 8), np.float32)
    objective = xai.Logit(0).objective(model, 1)
    times = iter([0.0, 0.001] + [0.0, 1.0] * 200)
    monkeypatch.setattr(
        "xai_widgets.models.cut.time", SimpleNamespace(perf_counter=lambda: next(times), process_time=lambda: 0.0)
    )
    before = SECONDS.set(0.03)
    cut.evaluate(x, objective)
    assert cut.chunk("forward") == 16
    cut.evaluate(x, objective)
    assert cut.chunk("forward") == 16
    for _ in range(150):
        cut.evaluate(x, objective)
    assert cut.chunk("forward") == 1
    SECONDS.reset(before)


def test_a_plain_call_does_not_count_the_time_of_other_processes(monkeypatch):
    model = wrapped()
    cut, x = model.at(None), np.zeros((1, 3, 6, 8), np.float32)
    clock, processor = itertools.count(0, 10), itertools.count(0, 0.25)
    fake = SimpleNamespace(perf_counter=lambda: next(clock), process_time=lambda: next(processor))
    monkeypatch.setattr("xai_widgets.models.cut.time", fake)
    cut.evaluate(x, xai.Logit(0).objective(model, 1))
    assert cut.chunk("forward") == 4


@pytest.mark.parametrize("seconds", [FIRST_SECONDS, UNWATCHED_SECONDS, LONGEST_WATCHED_SECONDS])
def test_chunks_follow_the_time_that_passes_take(seconds, monkeypatch):
    cut = wrapped().at(None)
    before = SECONDS.set(seconds)
    assert cut.chunk("forward") == 1
    most = 32 if seconds == UNWATCHED_SECONDS else 16
    for share, rows in [(2.0, 1), (1.0, 1), (0.4, 2), (0.15, 4), (0.04, 16), (0.03, most), (1e-6, most)]:
        cut._seconds_per_row["forward"] = share * seconds
        assert cut.chunk("forward") == rows
    SECONDS.reset(before)


def test_a_plain_call_takes_more_at_once_than_a_stream():
    """A network of which a pass takes a tenth of a second, as one for pictures of 224 x 224 does."""
    model, x = wrapped(), np.zeros((3, 6, 8), np.float32)
    cut, run, sizes = model.at(None), model.at(None)._pass, []

    def slow(rows, *asked):
        sizes.append(len(rows))
        found = run(rows, *asked)
        cut._seconds_per_row["backward"] = 0.1
        return found

    cut._pass = slow
    cut._measured = lambda kind, go, x, *more: go(x, *more)
    whole = xai.SmoothGrad(samples=32)(model, x, xai.Logit(0))
    unwatched, sizes = max(sizes), []
    *_, estimate = xai.SmoothGrad(samples=32).stream(model, x, xai.Logit(0))
    assert (unwatched, max(sizes)) == (8, 1)
    np.testing.assert_allclose(estimate.values, whole.values, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("best", [1, 2, 4, 8, 16, 32])
def test_of_a_slow_network_as_many_inputs_go_at_once_as_cost_least(best, monkeypatch):
    model = wrapped()
    cut, objective = model.at(None), xai.Logit(0).objective(model, 1)
    now = [0.0]
    fake = SimpleNamespace(perf_counter=lambda: now[0], process_time=lambda: now[0])
    monkeypatch.setattr("xai_widgets.models.cut.time", fake)
    run = cut._pass

    def slow(x, *asked):
        now[0] += len(x) * (0.02 + 0.002 * abs(np.log2(len(x) / best)))
        return run(x, *asked)

    cut._pass = slow
    sizes = []
    for _ in range(20):
        sizes.append(cut.chunk("forward"))
        cut.evaluate(np.zeros((sizes[-1], 3, 6, 8), np.float32), objective)
    assert sizes[0] == 1
    assert sizes[12:] == [best] * 8


def test_chunks_are_held_to_a_bound_of_memory():
    cut = wrapped().at(None)
    for kind in ("forward", "backward"):
        cut._seconds_per_row[kind] = 1e-6
    for size, forward, backward in [(0, 32, 32), (MOST_BYTES // 6, 8, 4), (MOST_BYTES, 2, 1), (4 * MOST_BYTES, 1, 1)]:
        cut.model.row_bytes = size
        assert (cut.chunk("forward"), cut.chunk("backward")) == (forward, backward)


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_single_logit_is_explained_for_either_class(sign):
    """Its scores are (0, z): the logit of the first class would have an empty map."""
    net = nn.Linear(4, 1)
    nn.init.constant_(net.weight, sign)
    nn.init.zeros_(net.bias)
    model = xai.wrap(net, classes=["no", "yes"], bounds=None, input_shape=(4,))
    x = np.ones(4, np.float32)
    result = xai.Saliency()(model, x)
    p = 1 / (1 + np.exp(-4))  # of the winning class, whichever it is
    np.testing.assert_allclose(result.values, np.full(4, sign * (1 - p) * np.sign(model.scores(x)[0, 1])), rtol=1e-5)
    assert result.score == pytest.approx(np.log(p), rel=1e-4)
