"""The quantile of a stream beside that of NumPy, which has all numbers at once."""

import numpy as np
import pytest

from xai_widgets.concepts.dissection.quantile import UpperQuantile


@pytest.mark.parametrize("share", [0.0001, 0.005, 0.04, 0.25, 0.5])
@pytest.mark.parametrize("count", [1, 2, 3, 101, 1000])
def test_it_is_that_of_all_numbers(share, count):
    numbers = np.random.default_rng(count).normal(size=(4, count)).astype(np.float32)
    numbers[1] = 0
    found = UpperQuantile(4, count, share)
    for start in range(0, count, 37):
        found.add(numbers[:, start : start + 37])
    np.testing.assert_allclose(found.value, np.quantile(numbers.astype(np.float64), 1 - share, axis=1), atol=1e-12)


def test_no_more_than_the_upper_part_is_remembered():
    found = UpperQuantile(2, 10_000, 0.01)
    for _ in range(10):
        found.add(np.random.default_rng(0).normal(size=(2, 1000)))
    assert found._upper.shape == (2, 101)
