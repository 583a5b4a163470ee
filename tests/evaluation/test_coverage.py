"""Coverage of concepts against masks that are counted by hand."""

import numpy as np
import pytest

import xai_widgets as xai

LABELS = [0, 1, 0, 1]


@pytest.fixture
def batch():
    return np.random.default_rng(0).uniform(0, 1, (4, 3, 6, 8))


@pytest.fixture
def masks():
    """A concept that all pictures have, and one that only the first two have."""
    left, corner = np.zeros((4, 6, 8), bool), np.zeros((4, 6, 8), bool)
    left[:, :, :4] = True
    corner[:2, :2, 6:] = True
    return {"left": left, "corner": corner}


def explained(polynomial, batch, mask):
    return xai.TrueMask(masks=mask)(polynomial(), batch)


def test_a_map_that_is_the_concept_covers_it(polynomial, batch, masks):
    found = xai.ConceptCoverage(kept=0.5)(explained(polynomial, batch, masks["left"]), masks, LABELS)
    assert found.concepts == ("left", "corner")
    np.testing.assert_allclose(found.iou[:, 0], 1)
    np.testing.assert_allclose(found.iou[:, 1], 0)
    np.testing.assert_allclose(found.frequencies, [[1, 0.5], [1, 0.5]])
    assert found.value == pytest.approx(1 / 1.5), "what occurs in half of the pictures counts half"
    assert "class 0 left 1.00" in repr(found)


def test_each_cell_is_the_mean_over_pictures_that_have_the_concept(polynomial, batch, masks):
    judged = xai.InputXGradient()(polynomial(), batch)
    found = xai.ConceptCoverage(kept=0.5)(judged, masks, LABELS)
    assert found.iou.min() > 0
    for row, label in enumerate((0, 1)):
        for column, mask in enumerate(masks.values()):
            each = []
            for picture in np.flatnonzero(np.array(LABELS) == label):
                if not mask[picture].any():
                    continue
                hot = set(np.argsort(-judged.map[picture].ravel())[:24].tolist())
                there = set(np.flatnonzero(mask[picture]).tolist())
                each.append(len(hot & there) / len(hot | there))
            assert found.iou[row, column] == pytest.approx(np.mean(each))


def test_a_class_without_a_concept_has_no_overlap_with_it(polynomial, batch, masks):
    found = xai.ConceptCoverage()(explained(polynomial, batch, masks["left"]), masks, [0, 0, 1, 1])
    assert np.isnan(found.iou[1, 1])
    assert found.frequencies[1, 1] == 0
    assert np.isfinite(found.value)


def test_slopes_count_by_their_size(polynomial, batch, masks):
    judged = xai.Saliency()(polynomial(), batch)
    assert (judged.map < 0).any()
    hot = np.argsort(-np.abs(judged.map[0]).ravel())[:24]
    mask = np.zeros((6, 8), bool)
    mask.ravel()[hot] = True
    found = xai.ConceptCoverage(kept=0.5)(judged, {"hot": mask}, [0, 1, 1, 1])
    assert found.iou[0, 0] == 1


@pytest.mark.parametrize(
    ("concepts", "labels", "error", "words"),
    [
        ({}, LABELS, TypeError, "expected a dict of masks"),
        ({"a": np.zeros((4, 6, 8))}, LABELS, ValueError, "mask of 'a' is float64"),
        ({"a": np.ones((3, 3), bool)}, LABELS, ValueError, "expected bool of shape"),
        ({"a": np.zeros((6, 8), bool)}, LABELS, ValueError, "No concept is anywhere"),
        ({"a": np.ones((6, 8), bool)}, [0, 1], ValueError, "labels has shape"),
        ({"a": np.ones((6, 8), bool)}, [0.5] * 4, TypeError, "expected the number of the class"),
    ],
)
def test_what_does_not_fit_is_said(polynomial, batch, concepts, labels, error, words):
    with pytest.raises(error, match=words):
        xai.ConceptCoverage()(xai.Saliency()(polynomial(), batch), concepts, labels)


def test_one_explanation_is_no_batch(polynomial, batch, masks):
    with pytest.raises(TypeError, match="explanations of a batch"):
        xai.ConceptCoverage()(xai.Saliency()(polynomial(), batch[0]), masks, LABELS)
