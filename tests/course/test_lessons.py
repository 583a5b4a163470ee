"""Every check accepts the solution, and rejects the blank and what goes wrong, saying why."""

import math

import numpy as np
import pytest

import xai_widgets as xai
from xai_course import lesson_01, lesson_02
from xai_course.checking import Verdict


def my_gradients(points="middles", way=lambda x, b: x - b, average=True, start=lambda b: b):
    """Return integrated gradients with one thing done in a way of one's own."""

    def answer(gradient, x, baseline, steps):
        alphas = {
            "middles": (np.arange(steps) + 0.5) / steps,
            "left": np.arange(steps) / steps,
            "both ends": np.linspace(0, 1, steps + 1),
            "end": np.ones(steps),
        }[points]
        gradients = [gradient(start(baseline) + alpha * (x - start(baseline))) for alpha in alphas]
        return way(x, baseline) * (np.mean(gradients, axis=0) if average else np.sum(gradients, axis=0))

    return answer


@pytest.mark.parametrize("points", ["middles", "left", "both ends"])
def test_any_sound_rule_of_integration_is_right(points):
    assert lesson_01.integrated_gradients(my_gradients(points)).state == "right"


@pytest.mark.parametrize("blank", [None, ..., lambda *_: None, lambda *_: ...])
def test_a_blank_function_is_not_yet_an_answer(blank):
    assert lesson_01.integrated_gradients(blank).state == "blank"
    assert lesson_01.occlusion_passes(blank).state == "blank"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (my_gradients(way=lambda x, b: 1), "Multiply it by the way"),
        (my_gradients(way=lambda x, b: x), "multiplied by x; expected x - baseline"),
        (my_gradients(way=lambda x, b: b - x), "turned round"),
        (my_gradients(points="end"), "taken at x only"),
        (my_gradients(average=False), "divide by their number"),
        (my_gradients(way=lambda x, b: 1, average=False), "take their average and multiply"),
        (my_gradients(start=np.zeros_like), "starts at zero"),
        (my_gradients(start=np.zeros_like, way=lambda x, b: x), "not used at all"),
        (lambda g, x, b, n: float(np.sum((x - b) * g(x))), "one number per element of x"),
        (lambda g, x, b, n: "no idea", "one number per element of x"),
        (lambda g, x, b, n: [1, [2, 3]], "found [1, [2, 3]]"),
        (lambda g, x, b, n: x * 0 + 7, "they should sum to that"),
        (lambda g, x, b, n: 1 / 0, "ZeroDivisionError"),
        (lambda g: g, "TypeError"),
        (3, "expected a function"),
    ],
)
def test_wrong_gradients_are_told_what_is_wrong(answer, why):
    verdict = lesson_01.integrated_gradients(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.fixture(scope="module")
def linear():
    """A network without a framework would do, but wrap needs one: F(x) = w . x on pictures of 4 x 4."""
    import torch

    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 2))
    with torch.no_grad():
        network[1].weight.copy_(torch.linspace(0.1, 1, 32).reshape(2, 16))
    x = np.zeros((1, 4, 4), np.float32)
    x[0, 1:3, 1] = 1
    return xai.wrap(network, input_shape=(1, 4, 4)), x


@pytest.mark.parametrize("answer", ["white", 1.0, 0.5, np.ones((1, 4, 4))])
def test_a_baseline_that_differs_from_the_paper_is_right(linear, answer):
    assert lesson_01.baseline(answer, *linear).state == "right"


def test_a_blank_baseline_is_not_yet_an_answer(linear):
    assert lesson_01.baseline(..., *linear).state == "blank"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("black", "all 14 background pixels have attribution zero"),
        (0.0, "all 14 background pixels have attribution zero"),
        ("grey", "this is no baseline"),
        ([1, [2, 3]], "found [1, [2, 3]]"),
        (float("nan"), "found nan"),
        (1.5, "has the value 1.5, and pictures have values from 0 to 1 only"),
        (np.full((1, 4, 4), -0.2), "has the value -0.2, and pictures"),
        (np.eye(4)[None], "only 21% of the background pixels"),
    ],
)
def test_a_baseline_that_is_black_somewhere_is_told(linear, answer, why):
    verdict = lesson_01.baseline(answer, *linear)
    assert verdict.state == "wrong"
    assert why in verdict.message


def passes(size, window, stride):
    return (math.ceil((size - window) / stride) + 1) ** 2 + 1


def test_the_passes_are_those_that_the_library_takes():
    import torch

    assert lesson_01.occlusion_passes(passes).state == "right"
    for size, window, stride in lesson_01.GRIDS:
        network = torch.nn.Sequential(torch.nn.AvgPool2d(size), torch.nn.Flatten())
        model = xai.wrap(network, input_shape=(1, size, size), outputs="values")
        method = xai.Occlusion(window=window, stride=stride)
        found = method(model, np.ones((1, size, size), np.float32), quantity=xai.Logit(0)).evaluations
        assert found == passes(size, window, stride)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda s, w, t: passes(s, w, t) - 1, "not the pass over the picture itself"),
        (lambda s, w, t: ((s - w) // t + 1) ** 2 + 1, "cut off by the border, so round up"),
        (lambda s, w, t: ((s - w) // t + 1) ** 2, "not the pass over the picture itself"),
        (lambda s, w, t: math.ceil((s - w) / t) + 2, "one row of windows"),
        (lambda s, w, t: math.ceil((s - w) / t) ** 2 + 1, "n moves make n + 1 windows"),
        (lambda s, w, t: (s // t) ** 2 + 1, "room of its own"),
        (lambda s, w, t: 5, "count"),
        (lambda s, w, t: [37], "expected a number"),
        (lambda s, w, t: s / 0, "ZeroDivisionError"),
    ],
)
def test_wrong_passes_are_told_what_is_wrong(answer, why):
    verdict = lesson_01.occlusion_passes(answer)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.fixture(scope="module")
def spotter():
    """A model that says "spot" while there is light in the middle, and the picture it says so of."""
    x = np.zeros((3, 224, 224), np.float32)
    x[:, 100:124, 100:124] = 1

    def scores(pictures):
        middle = pictures[:, :, 100:124, 100:124].mean(dim=(1, 2, 3))
        return middle[:, None] * middle.new_tensor([[4.0, 0.0]]) - middle.new_tensor([[2.0, 0.0]])

    return xai.wrap(scores, backend="torch", input_shape=(3, 224, 224), classes=["spot", "nothing"]), x


def test_a_square_that_changes_the_answer_is_right(spotter):
    verdict = lesson_02.corner((90, 90), *spotter)
    assert verdict.state == "right"
    assert "'nothing'" in verdict.message
    assert "from 0.88 to 0.1" in verdict.message


def test_whole_floats_are_whole_numbers(spotter):
    assert lesson_02.corner((90.0, np.float32(90)), *spotter).state == "right"


def test_column_and_row_in_the_other_order_are_named(spotter):
    model, x = spotter
    lower = np.roll(x, 80, axis=1)  # the light is at row 180, and the model looks there

    def scores(pictures):
        return model_scores(pictures.roll(-80, dims=2))

    def model_scores(pictures):
        middle = pictures[:, :, 100:124, 100:124].mean(dim=(1, 2, 3))
        return middle[:, None] * middle.new_tensor([[4.0, 0.0]]) - middle.new_tensor([[2.0, 0.0]])

    low = xai.wrap(scores, backend="torch", input_shape=(3, 224, 224), classes=model.classes)
    assert lesson_02.corner((150, 90), low, lower).state == "right"
    verdict = lesson_02.corner((90, 150), low, lower)
    assert verdict.state == "wrong"
    assert "the other way round" in verdict.message


@pytest.mark.parametrize("blank", [None, ...])
def test_a_blank_square_is_not_yet_an_answer(spotter, blank):
    assert lesson_02.corner(blank, *spotter).state == "blank"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((0, 0), "still says 'spot'"),
        ((200, 0), "leaves the picture"),
        ((0, -1), "leaves the picture"),
        ((1.5, 2), "two whole numbers"),
        ((float("nan"), 2), "two whole numbers"),
        ((float("inf"), 2), "two whole numbers"),
        ("middle", "two whole numbers"),
    ],
)
def test_a_square_that_fails_is_told_why(spotter, answer, why):
    verdict = lesson_02.corner(answer, *spotter)
    assert verdict.state == "wrong"
    assert why in verdict.message


def test_covering_leaves_the_picture_itself_alone(spotter):
    _, x = spotter
    before = x.copy()
    covered = lesson_02.cover(x, 10, 20)
    np.testing.assert_array_equal(x, before)
    np.testing.assert_allclose(covered[:, 10:70, 20:80], x.mean(), atol=1e-6)
    changed = (covered != x).any(axis=0)
    assert changed[10:70, 20:80].all()
    assert changed.sum() == 60 * 60


def test_covering_knows_where_the_channels_are(spotter):
    _, x = spotter
    covered = lesson_02.cover(np.moveaxis(x, 0, -1), 10, 20, channel_axis=-1)
    np.testing.assert_allclose(np.moveaxis(covered, -1, 0), lesson_02.cover(x, 10, 20), atol=1e-6)


def test_a_square_is_found_with_the_channels_last_too(spotter):
    first, x = spotter

    def scores(pictures):
        import tensorflow as tf

        middle = tf.reduce_mean(pictures[:, 100:124, 100:124], axis=(1, 2, 3))
        return tf.stack([4 * middle - 2, 0 * middle], axis=1)

    last = xai.wrap(scores, backend="tensorflow", input_shape=(224, 224, 3), classes=first.classes)
    picture = np.moveaxis(x, 0, -1)
    assert lesson_02.corner((90, 90), last, picture) == lesson_02.corner((90, 90), first, x)
    assert "still says 'spot'" in lesson_02.corner((0, 0), last, picture).message
    assert "row from 0 to 164 and a column from 0 to 164" in lesson_02.corner((200, 0), last, picture).message


@pytest.fixture(scope="module")
def rockets():
    """Scores of a missile, a projectile and a third class that are no multiples of each other, and a picture."""
    import torch

    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 3))
    with torch.no_grad():
        network[1].weight.copy_(torch.from_numpy(np.random.default_rng(0).normal(size=(3, 16))))
        network[1].bias.copy_(torch.tensor([3.0, 1.0, 0.0]))
    x = np.random.default_rng(1).random((1, 4, 4), dtype=np.float32)
    return xai.wrap(network, input_shape=x.shape, classes=["missile", "projectile", "obelisk"]), x


@pytest.mark.parametrize(
    "answer",
    [
        xai.Margin("missile", "projectile"),
        xai.Margin(0, 1),
        xai.Custom(lambda scores: scores[:, 0] - scores[:, 1]),
        xai.Custom(lambda scores: scores.log_softmax(dim=1)[:, 0] - scores.log_softmax(dim=1)[:, 1]),
    ],
)
def test_a_margin_is_the_question_however_it_is_written(rockets, answer):
    assert lesson_02.question(answer, *rockets).state == "right"


@pytest.mark.parametrize("blank", [None, ...])
def test_a_blank_question_or_number_is_not_yet_an_answer(rockets, blank):
    assert lesson_02.question(blank, *rockets).state == "blank"
    assert lesson_02.steps(blank, *rockets).state == "blank"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (xai.Margin("projectile", "missile"), "Swap the two"),
        (xai.Logit("missile"), "why a missile at all"),
        (xai.Logit("projectile"), "not at all about the missile"),
        (xai.Probability("missile"), "all the other classes at once"),
        (xai.LogProbability("missile"), "all the other classes at once"),
        (xai.Margin("missile", "obelisk"), "expected the score of the missile minus that of the projectile"),
        (xai.Custom(lambda scores: 2 * (scores[:, 0] - scores[:, 1])), "expected the score of the missile minus"),
        (
            xai.Custom(lambda scores: 0 * scores[:, 0] + scores[0, 0] - scores[0, 1]),
            "when the picture is half as bright",
        ),
        (xai.Margin("missile", "missiles"), "this cannot be explained. There is no class 'missiles'"),
        ("missile", "this cannot be explained"),
        (3, "this cannot be explained"),
    ],
)
def test_another_question_is_told_what_it_asks(rockets, answer, why):
    verdict = lesson_02.question(answer, *rockets)
    assert verdict.state == "wrong"
    assert why in verdict.message


@pytest.fixture(scope="module")
def cubic():
    """The cube of the mean, of which the trapezoid rule with n panels misses 1 / (2 n^2) on the way from black."""

    def scores(pictures):
        mean = pictures.mean(dim=(1, 2, 3))
        return mean[:, None] ** 3 * mean.new_tensor([[1.0, 0.0]])

    return xai.wrap(scores, backend="torch", input_shape=(1, 4, 4)), np.ones((1, 4, 4), np.float32)


@pytest.mark.parametrize("answer", [4, 4.0, np.int64(4)])
def test_the_smallest_number_of_steps_is_right(cubic, answer):
    verdict = lesson_02.steps(answer, *cubic)
    assert verdict.state == "right"
    assert "4 steps leave a gap of 3%, and 2 leave 12%" in verdict.message


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (2, "leave a gap of 12%; expected one below 5%"),
        (1, "leave a gap of 50%; expected one below 5%"),
        (8, "but so are 4"),
        (512, "far more than it takes"),
        (6, "expected a power of two"),
        (0, "expected a power of two"),
        (2.5, "expected a power of two"),
        ("four", "expected a power of two"),
    ],
)
def test_another_number_of_steps_is_told_what_it_leaves(cubic, answer, why):
    verdict = lesson_02.steps(answer, *cubic)
    assert verdict.state == "wrong"
    assert why in verdict.message


def test_a_verdict_says_how_things_stand():
    assert repr(Verdict("blank", "so.")) == "Not yet: so."
    assert repr(Verdict("wrong", "so.")) == "Not right yet: so."
    assert repr(Verdict("right", "so.")) == "Right: so."
