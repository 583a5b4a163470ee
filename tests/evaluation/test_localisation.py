"""Localisation against scikit-learn, closed forms and counting by hand."""

import numpy as np
import pytest
from sklearn import metrics

import xai_widgets as xai

SHAPE = (12, 16)


@pytest.fixture
def judged(polynomial):
    """An explanation whose map can be written over: of one channel, so that the map is the values."""
    model = polynomial(shape=(1, *SHAPE))
    found = xai.InputXGradient()(model, np.random.default_rng(0).uniform(size=(1, *SHAPE)))

    def with_map(plane):
        found.values[:] = plane
        return found

    return with_map


@pytest.fixture
def mask():
    here = np.zeros(SHAPE, bool)
    here[3:7, 5:9] = True
    return here


def test_the_mask_itself_is_found_whole(judged, mask):
    found = xai.Localisation(mask)(judged(mask.astype(float)))
    assert found.value == found.energy == found.hit == found.average_precision == 1
    np.testing.assert_array_equal(found.iou, np.ones(19))
    assert found.lift == pytest.approx(mask.size / mask.sum())


def test_half_of_it(judged, mask):
    plane = np.zeros(SHAPE)
    plane[3:5, 5:9] = 2
    plane[8:10, 5:9] = 1
    found = xai.Localisation(mask)(judged(plane))
    assert found.value == pytest.approx(8 / 24)
    assert found.energy == pytest.approx(2 / 3)
    assert found.iou[found.thresholds < 0.5] == pytest.approx(8 / 24)
    assert found.iou[found.thresholds > 0.5] == pytest.approx(8 / 16)
    assert found.best_threshold > 0.49


def test_the_overlap_is_what_rank_accuracy_makes_it(judged, mask):
    """IoU at the mask's area is r / (2 - r), with r the share of as many of the largest that lie inside."""
    plane = np.random.default_rng(1).normal(size=SHAPE)
    largest = np.argsort(-plane, axis=None)[: mask.sum()]
    rank = mask.ravel()[largest].mean()
    assert xai.Localisation(mask)(judged(plane)).value == pytest.approx(rank / (2 - rank))


@pytest.mark.parametrize("values", [50, 4], ids=["hardly any equal", "most equal"])
def test_average_precision_is_that_of_scikit_learn(judged, mask, values):
    plane = np.random.default_rng(2).integers(0, values, SHAPE).astype(float)
    expected = metrics.average_precision_score(mask.ravel(), plane.ravel())
    assert xai.Localisation(mask)(judged(plane)).average_precision == pytest.approx(expected)


def test_a_map_that_is_the_same_everywhere_has_what_chance_has(judged, mask):
    found = [xai.Localisation(mask, seed=seed)(judged(1.0)) for seed in range(60)]
    area = mask.mean()
    assert found[0].hit == pytest.approx(area)
    assert found[0].lift == pytest.approx(1)
    assert found[0].average_precision == pytest.approx(area)
    assert np.mean([one.value for one in found]) == pytest.approx(area / (2 - area), rel=0.3)


def test_what_speaks_against_does_not_count(judged, mask):
    plane = np.where(mask, -5.0, 0.0)
    plane[0, 0] = 1
    found = xai.Localisation(mask)(judged(plane))
    assert found.energy == found.hit == found.iou.max() == 0
    assert np.isnan(xai.Localisation(mask)(judged(-np.ones(SHAPE))).energy)


def test_a_hit_may_be_near(judged, mask):
    plane = np.zeros(SHAPE)
    plane[9, 6] = 1
    assert xai.Localisation(mask)(judged(plane)).hit == 0
    assert xai.Localisation(mask, tolerance=2.9 / 12)(judged(plane)).hit == 0
    assert xai.Localisation(mask, tolerance=3 / 12)(judged(plane)).hit == 1


def test_what_is_scattered_finds_a_mask_better_when_it_is_smoothed(judged, mask):
    scattered = np.where(mask, np.random.default_rng(0).random(SHAPE) < 0.4, 0.0)
    plain, smooth = (xai.Localisation(mask, smoothing=smoothing)(judged(scattered)) for smoothing in (0, 1))
    assert plain.value < 0.45 < 0.55 < smooth.value
    bell = np.zeros(SHAPE)
    bell[6, 8] = 1
    found = xai.Localisation(mask, smoothing=1.5)(judged(bell)).energy
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    weights = np.exp(-((rows - 6) ** 2 + (columns - 8) ** 2) / (2 * 1.5**2))
    assert found == pytest.approx(weights[mask].sum() / weights.sum(), rel=2e-3)


def test_each_input_has_its_own_mask(polynomial):
    model = polynomial()
    batch, masks = np.random.default_rng(0).uniform(size=(3, 3, 6, 8)), np.random.default_rng(1).random((3, 6, 8)) < 0.3
    judged = xai.Occlusion(window=2, stride=1)(model, batch)
    together = xai.Localisation(masks)(judged)
    assert together.iou.shape == (3, 19)
    for row in range(3):
        alone = xai.Localisation(masks[row])(model, batch[row], method=xai.Occlusion(window=2, stride=1))
        assert alone.value == together.value[row]
        assert alone.energy == pytest.approx(together.energy[row], rel=1e-5)


def test_slopes_count_by_their_size(polynomial, mask):
    model = polynomial(shape=(1, *SHAPE))
    model.square, model.linear = 0 * model.square, np.where(mask, -3.0, 0.1) * np.ones((4, 1, 1, 1))
    found = xai.Localisation(mask)(model, np.full((1, *SHAPE), 0.5), method=xai.Saliency(), quantity=xai.Logit(1))
    assert found.value == found.hit == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (np.zeros(SHAPE, bool), "nowhere True"),
        (np.full(SHAPE, 0.5), "expected an array of True and False"),
        (None, "expected an array of True and False"),
        (7, "expected an array of True and False"),
        ("here", "mask is 'here'"),
    ],
)
def test_what_is_no_mask_is_said_at_once(wrong, words):
    with pytest.raises((ValueError, TypeError), match=words):
        xai.Localisation(wrong)


def test_a_mask_of_another_size(judged, mask):
    with pytest.raises(ValueError, match=r"mask has shape \(12, 15\); expected \(12, 16\)"):
        xai.Localisation(mask[:, 1:])(judged(mask))


def test_it_says_what_it_found(judged, mask):
    found = xai.Localisation(mask)(judged(mask.astype(float)))
    assert [fact.label for fact in found.facts] == ["localisation", "inside", "pointing game", "best threshold"]
    assert "times its area" in repr(found)
