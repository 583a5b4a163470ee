"""Judging an explanation from any node of its curve: first where somebody looks, in the end what the metric says."""

import numpy as np
import pytest
import torch

import xai_widgets as xai
from xai_widgets.evaluation.judgement import Judge, Memory

METRICS = {"erase": xai.Deletion(steps=8, fill="black"), "reveal": xai.Insertion(steps=8, fill="black")}


@pytest.fixture(params=METRICS.values(), ids=METRICS)
def metric(request):
    return request.param


def judged(model, x, metric, share, memory, method=None):
    method = method or xai.Saliency()
    question = method.ask(model, x, None, None)
    return [one for one in Judge(metric, method, share).stream(question, memory) if one is not None]


def test_the_node_where_somebody_looks_comes_first(polynomial, picture, metric):
    found = judged(polynomial(), picture, metric, 0.375, Memory())
    assert found[0].curve.shares.tolist() == [0.375]
    assert not found[0].final


def test_in_the_end_it_is_what_the_metric_says(polynomial, picture, metric):
    *_, last = judged(polynomial(), picture, metric, 0.625, Memory())
    expected = metric(polynomial(), picture, method=xai.Saliency())
    assert last.final
    np.testing.assert_allclose(last.curve.curves, expected.curves, rtol=1e-6)
    assert last.curve.value == pytest.approx(expected.value)
    np.testing.assert_allclose(last.curve.state.values, expected.state.values, rtol=1e-12)


def test_more_steps_go_on_from_it(polynomial, picture, metric):
    *_, last = judged(polynomial(), picture, metric, 0.625, Memory())
    finer = type(metric)(steps=16, fill="black")
    found = finer.stream(last.explained, resume=last.curve).last()
    np.testing.assert_allclose(found.curves, finer(last.explained).curves, rtol=1e-6)


def test_what_was_measured_is_not_measured_again(picture, metric):
    seen = []

    def network(rows):
        seen.append(len(rows))
        return torch.stack([rows.square().sum(dim=(1, 2, 3)), rows.sum(dim=(1, 2, 3))], dim=1)

    model, memory = xai.wrap(network, backend="torch", input_shape=picture.shape), Memory()
    judged(model, picture, metric, 0.5, memory)
    before = len(seen)
    again = Judge(metric, xai.Saliency(), 0.25).stream(memory.explained.question, memory)
    found = [one for one in again if one is not None]
    assert len(seen) == before
    assert len(found) == 1
    assert found[0].final


def test_who_leaves_early_goes_on_with_what_there_is(polynomial, picture, metric):
    memory = Memory()
    question = xai.Saliency().ask(polynomial(), picture, None, None)
    stream = Judge(metric, xai.Saliency(), 0.5).stream(question, memory)
    next(one for one in stream if one is not None)
    stream.close()
    found = judged(polynomial(), picture, metric, 0.25, memory)
    assert found[0].curve.shares.tolist() == [0.25, 0.5]


def test_the_picture_is_erased_in_the_order_of_an_explanation_that_is_not_final(polynomial, picture):
    method = xai.IntegratedGradients(steps=512)
    first, *_, last = judged(polynomial(), picture, xai.Deletion(steps=8), 0.5, Memory(), method)
    assert first.curve is None
    assert first.erasure.planes.shape == last.erasure.planes.shape
    assert sorted(first.erasure.planes.ravel()) == list(range(first.erasure.planes.size))


def test_planes_say_what_is_erased_first(polynomial, picture):
    *_, last = judged(polynomial(), picture, xai.Deletion(steps=8), 0.5, Memory())
    plane, gone = last.erasure.planes[0], round(0.5 * last.erasure.planes[0].size)
    kept = last.erasure.left([0.5], "morf")[0, 0, 0]
    np.testing.assert_array_equal((kept != last.erasure.batch[0]).any(axis=0), plane < gone)
