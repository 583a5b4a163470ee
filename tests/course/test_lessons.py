"""Every check accepts the solution, and rejects the blank and what goes wrong, saying why."""

import math
import sys

import numpy as np
import pytest

import xai_widgets as xai
from xai_course import imagenet, lesson_01, lesson_02
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
        (lambda g, x, b, n: [1, [2, 3]], "found lists of unequal length"),
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
        ([1, [2, 3]], "this is no baseline"),
        (float("nan"), "this is no baseline"),
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


def test_a_verdict_says_how_things_stand():
    assert repr(Verdict("blank", "so.")) == "Not yet: so."
    assert repr(Verdict("wrong", "so.")) == "Not right yet: so."
    assert repr(Verdict("right", "so.")) == "Right: so."


def test_imagenet_has_a_thousand_names_and_each_stands_for_one_class():
    names = imagenet.class_names()
    assert len(set(names)) == len(names) == 1000
    assert all(name == name.strip() != "" for name in names)
    known = {0: "tench", 281: "tabby", 388: "giant panda", 504: "coffee mug", 657: "missile", 812: "space shuttle"}
    assert {index: names[index] for index in known} == known
    assert names[-1] == "toilet tissue"


def test_photographs_are_squares_of_the_networks_size():
    for name in imagenet.PHOTOGRAPHS:
        picture = imagenet.load_photograph(name)
        assert (picture.shape, picture.dtype) == ((224, 224, 3), np.float32)
        assert 0 <= picture.min() < picture.max() <= 1
    with pytest.raises(ValueError, match="expected one of chelsea"):
        imagenet.load_photograph("mandrill")


def test_a_missing_network_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "efficientnet_lite_pytorch", None)
    with pytest.raises(ModuleNotFoundError, match="pip install torch efficientnet-lite-pytorch"):
        imagenet.load_network()
