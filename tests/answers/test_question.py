"""Questions: the class that is left open is fixed at the inputs, and stays so wherever else the quantity is taken."""

import tracemalloc

import numpy as np
import pytest

import xai_widgets as xai

SHAPE = (3, 4, 5)


@pytest.fixture
def model(polynomial):
    return polynomial(shape=SHAPE, outputs=4)


@pytest.fixture
def batch():
    return np.random.default_rng(0).uniform(0, 1, (3, *SHAPE))


def test_the_class_is_that_of_the_input_at_every_other_one(model, batch):
    others = np.random.default_rng(1).uniform(0, 1, (50, *SHAPE))
    top = int(model.scores(batch[0])[0].argmax())
    scores = model.scores(others)
    assert len(set(scores.argmax(axis=1))) > 1, "the test needs inputs of other classes"
    question = xai.ask(model, batch[0])
    np.testing.assert_allclose(question.values(others), scores[:, top], rtol=1e-12)
    assert question.score == pytest.approx(model.scores(batch[0])[0, top])


def test_each_of_a_batch_has_its_own_class(model, batch):
    question = xai.ask(model, batch, xai.Probability())
    probabilities = model.probabilities(batch)
    top = probabilities.argmax(axis=1)
    np.testing.assert_allclose(question.score, probabilities.max(axis=1), rtol=1e-12)
    other = np.random.default_rng(1).uniform(0, 1, (7, 3, *SHAPE))
    found = question.values(other)
    assert found.shape == (7, 3)
    for row in range(7):
        np.testing.assert_allclose(found[row], model.probabilities(other[row])[range(3), top], rtol=1e-12)
    np.testing.assert_allclose(question.values(other[0]), found[0], rtol=1e-12)


def test_one_draw_keeps_its_axis(model, batch):
    question = xai.ask(model, batch)
    assert question.values(batch[None]).shape == (1, 3)
    assert question.values(batch).shape == (3,)


def test_one_input_fits_a_question_about_one(model, batch):
    found = xai.ask(model, batch[:1]).values(batch[1])
    assert found.shape == (1,)
    top = int(model.scores(batch[0])[0].argmax())
    assert found[0] == pytest.approx(model.scores(batch[1])[0, top])


def test_the_same_is_asked_where_quantity_inputs_and_place_are_the_same(model, batch):
    question = xai.ask(model, batch, xai.Logit(1))
    assert question.same_as(xai.ask(model, batch.copy(), xai.Logit(1)))
    assert not question.same_as(xai.ask(model, batch[::-1], xai.Logit(1)))
    assert not question.same_as(xai.ask(model, batch, xai.Logit(2)))


def test_the_derivative_is_that_of_the_values(model, batch):
    question, x = xai.ask(model, batch[0], xai.LogProbability(2)), batch[1]
    gradient = question.gradients(x)
    assert gradient.shape == SHAPE
    step = np.zeros(SHAPE)
    for place in [(0, 0, 0), (2, 3, 4), (1, 2, 3)]:
        step[...] = 0
        step[place] = 1e-5
        slope = (question.values(x + step) - question.values(x - step)) / 2e-5
        assert gradient[place] == pytest.approx(slope, rel=1e-5)


def test_every_result_has_its_question(model, batch):
    result = xai.IntegratedGradients(steps=4)(model, batch[0])
    assert isinstance(result.question, xai.Question)
    assert result.question.score == result.score
    top = int(model.scores(batch[0])[0].argmax())
    assert result.question.values(batch[1]) == pytest.approx(model.scores(batch[1])[0, top])


def test_a_stream_that_knows_the_score_runs_no_pass_for_it(model, batch):
    before = model.rows
    result = xai.Saliency()(model, batch[0])
    assert model.rows - before == 1
    _ = result.question.score, result.question.objective
    assert model.rows - before == 1


def test_it_says_what_it_is(model, batch):
    assert repr(xai.ask(model, batch[0], xai.Logit(2))) == "Question(class 2 of one input)"
    assert repr(xai.ask(model, batch)) == "Question(the top class of 3 inputs)"


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (np.zeros((2, *SHAPE)), "Found 2 inputs, and the question is about 3"),
        (np.zeros(SHAPE), "Found 1 inputs"),
        (np.zeros((3, 2, 2)), "expected"),
        (np.full((3, *SHAPE), np.nan), "NaN"),
        ("x", "expected"),
    ],
)
def test_inputs_that_do_not_fit_are_refused(model, batch, inputs, words):
    question = xai.ask(model, batch)
    with pytest.raises((ValueError, TypeError), match=words) as caught:
        question.values(inputs)
    assert type(caught.value).__module__.startswith("xai_widgets.")


def test_latents_that_do_not_fit_are_refused(model, batch):
    question = xai.ask(model, batch)
    with pytest.raises(ValueError, match=r"latents has shape \(3, 2\); expected \(3, 3, 4, 5\)"):
        question.gradients(batch, latents=np.zeros((3, 2)))


def test_what_is_no_question_is_refused(model, batch):
    with pytest.raises(TypeError, match=r"expected a network in xai_widgets\.wrap"):
        xai.ask("model", batch)
    with pytest.raises(TypeError, match="expected a quantity such as"):
        xai.ask(model, batch, 2)
    with pytest.raises(ValueError, match="no layer"):
        xai.ask(model, batch, layer="none")


def test_a_question_takes_no_table_of_all_pairs_of_classes(polynomial):
    """A language model has one for each word, of which there are fifty thousand."""
    model, classes = polynomial(shape=(2,), outputs=5_000), 5_000
    tracemalloc.start()
    for quantity in (xai.Logit(7), xai.Logit(), xai.Margin(7, 8), xai.Probability(7)):
        assert np.isfinite(xai.ask(model, np.ones(2), quantity).score)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < classes**2
