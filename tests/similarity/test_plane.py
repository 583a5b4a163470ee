"""Clouds beside scikit-learn's principal components, and one laid over another beside SciPy's Procrustes."""

import numpy as np
import pytest
from scipy.spatial import procrustes
from sklearn.decomposition import PCA

from xai_widgets.similarity.plane import cloud, laid_over

RANDOM = np.random.default_rng(2)


@pytest.mark.parametrize("shape", [(30, 7), (20, 90), (12, 12)], ids=str)
def test_a_cloud_lies_along_the_principal_components(shape):
    rows = RANDOM.normal(size=shape) * np.linspace(3, 1, shape[1]) + 5
    coordinates, explained = cloud(rows)
    theirs = PCA(2, svd_solver="full").fit(rows)
    expected = theirs.transform(rows)
    largest = np.take_along_axis(expected, np.abs(expected).argmax(axis=0)[None], axis=0)
    np.testing.assert_allclose(coordinates, expected * np.sign(largest), atol=1e-9)
    np.testing.assert_allclose(explained, theirs.explained_variance_ratio_, atol=1e-12)


def test_what_does_not_vary_lies_in_the_middle():
    for rows in (np.full((5, 3), 2.0), np.full((5, 30), 2.0)):
        coordinates, explained = cloud(rows)
        assert not coordinates.any()
        assert not explained.any()
    coordinates, explained = cloud(np.arange(4.0)[:, None])
    np.testing.assert_allclose(np.abs(coordinates), [[1.5, 0], [0.5, 0], [0.5, 0], [1.5, 0]], atol=1e-12)
    np.testing.assert_allclose(explained, [1, 0])


def test_a_cloud_is_turned_and_mirrored_back():
    one = RANDOM.normal(size=(25, 2))
    one -= one.mean(axis=0)
    mirror = np.array([[np.cos(2), np.sin(2)], [np.sin(2), -np.cos(2)]])
    np.testing.assert_allclose(laid_over(one @ mirror, one), one, atol=1e-12)
    other = one + RANDOM.normal(size=one.shape)
    other -= other.mean(axis=0)
    size = np.linalg.norm
    ours = laid_over(other, one)
    _, theirs, _ = procrustes(one, other)
    np.testing.assert_allclose(ours / size(ours), theirs / size(theirs), atol=1e-10)
