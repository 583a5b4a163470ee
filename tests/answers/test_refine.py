"""The one loop of all streams, with draws whose mean is known."""

from itertools import pairwise

import numpy as np
import pytest

from xai_widgets.answers.progress import Progress
from xai_widgets.answers.refine import Sampler, refine, relative_change
from xai_widgets.answers.sampling import RunningMean

NUMBERS = np.random.default_rng(0).normal(1, 0.5, 300)


class Mean(Sampler):
    """The mean of numbers, one a draw, in chunks of a given size."""

    def __init__(self, size, chunk, **choices):
        self.size, self._chunk, self.known, self.chunks = size, chunk, RunningMean(), []
        for name, value in choices.items():
            setattr(self, name, value)

    @property
    def chunk(self):
        return self._chunk

    def draw(self, start, stop):
        assert start == self.drawn == self.known.count
        self.known.add(NUMBERS[start:stop, None, None])
        self.evaluations += stop - start
        self.chunks.append(stop - start)

    def values(self):
        return self.known.mean

    def standard_error(self):
        return self.known.standard_error if self.drawn > 1 else None

    def answer(self, values, **progress):
        found = Progress(**progress)
        object.__setattr__(found, "values", values.copy())
        return found


def answers(*arguments, tolerance=0.0, **choices):
    return [one for one in refine(Mean(*arguments, **choices), tolerance) if one is not None]


@pytest.mark.parametrize("chunk", [1, 3, 7, 100])
def test_the_last_answer_is_that_of_all_draws(chunk):
    *before, last = answers(100, chunk)
    assert last.values.item() == pytest.approx(NUMBERS[:100].mean(), rel=1e-12)
    assert [one.final for one in (*before, last)] == [False] * len(before) + [True]
    assert (last.evaluations, last.planned) == (100, 100)
    assert all(one.planned == 100 for one in before)


def test_the_change_is_that_from_one_answer_to_the_next():
    found = answers(4, 1)
    assert np.isnan(found[0].change)
    for before, after in pairwise(found):
        expected = abs(after.values - before.values).item() / abs(after.values).item()
        assert after.change == pytest.approx(expected, rel=1e-12)


def test_it_is_whole_where_everything_vanished():
    assert relative_change(np.zeros(3), np.array([3.0, 0, 4])) == 1
    assert relative_change(np.zeros(3), np.zeros(3)) == 0


def test_it_goes_on_where_draws_were_made_before():
    whole = Mean(100, 7)
    for _ in refine(whole):
        pass
    part = Mean(40, 7, evaluations=1)
    first = [one for one in refine(part) if one is not None]
    assert first[-1].evaluations == 41
    part.size = 100
    part.start = None  # Whatever comes before the first draw is not for a stream that goes on.
    *_, last = refine(part)
    assert last.values.item() == pytest.approx(whole.values().item(), rel=1e-12)
    assert last.evaluations == 101


@pytest.mark.parametrize("costly", [False, True])
def test_where_it_stops_does_not_depend_on_the_chunks(costly):
    last = [answers(300, chunk, tolerance=0.05, costly=costly)[-1] for chunk in (1, 2, 5, 16, 64)]
    (stop,) = {one.evaluations for one in last}
    assert {one.planned for one in last} == {stop}, "nothing more is planned"
    assert 10 <= stop < 300
    error = NUMBERS[:stop].std(ddof=1) / np.sqrt(stop)
    assert error <= 0.05 * NUMBERS[:stop].mean()
    sixteen_before = NUMBERS[: stop - 16]
    assert sixteen_before.std(ddof=1) / np.sqrt(stop - 16) > 0.05 * sixteen_before.mean(), "not before it must"


def test_goals_are_multiples_of_what_belongs_together():
    assert answers(300, 5, tolerance=0.05, period=7)[-1].evaluations % 7 == 0


def test_a_costly_estimate_is_made_now_and_then_and_the_word_goes_back_in_between():
    yielded = list(refine(Mean(64, 4, costly=True, minimum=8)))
    assert [one is None for one in yielded[:2]] == [True, False]
    assert [one.evaluations for one in yielded if one is not None] == [8, 24, 40, 56, 64]


def test_below_the_minimum_there_is_no_answer():
    assert answers(6, 1, minimum=4)[0].evaluations == 4


def test_what_has_drawn_before_goes_on_from_there():
    half = Mean(40, 8)
    *_, _ = refine(half)
    half.size = 80
    half.chunks.clear()
    *_, last = refine(half)
    assert sum(half.chunks) == 40
    assert last.values.item() == pytest.approx(NUMBERS[:80].mean(), rel=1e-12)


def test_what_is_complete_already_answers_without_drawing():
    done = Mean(40, 8)
    *_, _ = refine(done)
    done.chunks.clear()
    (again,) = refine(done)
    assert again.final
    assert not done.chunks


def test_what_comes_before_the_draws_gives_the_word_back():
    class Searching(Mean):
        def start(self):
            yield
            yield

    assert [one is None for one in refine(Searching(2, 1))] == [True, True, False, False]


def test_to_leave_is_to_stop_iterating():
    sampler = Mean(300, 4)
    next(refine(sampler))
    assert sampler.chunks == [4]
