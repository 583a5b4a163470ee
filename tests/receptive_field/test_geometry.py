"""Spans against the definition, written out as loops over places."""

import numpy as np
import pytest

from xai_widgets.receptive_field.geometry import Local, Span, joined, needed, reached

LOCALS = [
    Local(1, 1, 0),
    Local(3, 1, 1),
    Local(5, 1, 2),
    Local(4, 1, 1),
    Local(2, 2, 0),
    Local(3, 2, 1),
    Local(3, 2, 0),
    Local(1, 2, 0),
    Local(3, 3, 0),
    Local(3, 1, 2, 2),
    Local(3, 2, 4, 3),
    Local(1, 1, 3),
]
SPANS = [Span(np.array([0, 3, 6, 9, 12]), 4), Span(np.array([0, 1, 2, 14]), 1), Span(np.array([0, 5, 11]), 5)]
LENGTH = 16


def outputs_of(local, length):
    """How long the output is when the input is padded as much at its end."""
    return (length + 2 * local.padding - local.width) // local.stride + 1


def read_by(local, place):
    return {place * local.stride - local.padding + local.dilation * k for k in range(local.kernel)}


@pytest.mark.parametrize("local", LOCALS, ids=str)
@pytest.mark.parametrize("span", SPANS, ids=lambda span: str(span.size))
def test_all_that_a_window_changes_is_reached(local, span):
    length = outputs_of(local, LENGTH)
    found = reached(span, local, length)
    assert (found.starts >= 0).all()
    assert (found.starts + found.size <= length).all()
    most = 0
    for start, first in zip(span.starts, found.starts, strict=True):
        window = set(range(start, start + span.size))
        changed = {place for place in range(length) if window & read_by(local, place)}
        assert changed <= set(range(first, first + found.size))
        most = max(most, max(changed) - min(changed) + 1 if changed else 1)
    assert found.size == most, "no more than the window that reaches furthest needs"


@pytest.mark.parametrize("local", LOCALS, ids=str)
def test_what_is_needed_is_what_is_read(local):
    span = Span(np.array([0, 2, 4]), 3)
    found = needed(span, local)
    for start, first in zip(span.starts, found.starts, strict=True):
        read = set().union(*(read_by(local, place) for place in range(start, start + 3)))
        assert (min(read), max(read)) == (first, first + found.size - 1)


def test_spans_are_joined_within_the_plane():
    found = joined([Span(np.array([0, 4, 12]), 4), Span(np.array([1, 2, 14]), 2)], LENGTH)
    assert found.size == 6
    np.testing.assert_array_equal(found.starts, [0, 2, 10])
