"""Plans on networks whose layers are worked out by hand, and run in NumPy."""

import numpy as np
import pytest

from xai_widgets.receptive_field.geometry import Local, Span
from xai_widgets.receptive_field.plan import Plan
from xai_widgets.receptive_field.program import Program, Step
from xai_widgets.receptive_field.recompute import Ground, Recomputation

SIDE = 12
WINDOWS = Span(np.arange(0, 10, 3), 3)
POINT = (Local(), Local())
SUM = (Local(3, 1, 1), Local(3, 1, 1))
POOL = (Local(2, 2), Local(2, 2))


def sums(x, padding):
    """The sum over 3 x 3 places, weighted so that no two count the same; pictures are (rows, height, width, 1)."""
    x = np.pad(x, [(0, 0), (padding, padding), (padding, padding), (0, 0)])
    places = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (1, 2))
    return (places * np.arange(1, 10).reshape(3, 3)).sum(axis=(-2, -1))


def largest(x):
    rows, height, width, _ = x.shape
    return x.reshape(rows, height // 2, 2, width // 2, 2, 1).max(axis=(2, 4))


class Numbers(Recomputation):
    """A shortcut around a sum, a pool and the sum of all; in NumPy."""

    functions = (
        lambda x, whole: sums(x, 1 if whole else 0),
        lambda x, _: np.tanh(x / 20),
        lambda x, y, _: x + y,
        lambda x, _: largest(x),
        lambda x, _: x.sum(axis=(1, 2, 3)),
    )

    def __init__(self):
        steps = (
            Step((0,), 1, SUM, work=9),
            Step((1,), 2, POINT),
            Step((0, 2), 3, POINT),
            Step((3,), 4, POOL, fill=-np.inf),
            Step((4,), 5),
        )
        planes = dict.fromkeys(range(4), (SIDE, SIDE)) | {4: (SIDE // 2, SIDE // 2)}
        super().__init__(Program(steps, planes, 5))

    def whole(self, batch):
        values = [batch]
        for number, step in enumerate(self.program.steps):
            values.append(self._run(number, [values[value] for value in step.inputs], True, None))
        return values

    def ground(self, plan, batch, objective):
        values = self.whole(batch)
        layers = {value: values[value].reshape(-1, 1) for value in plan.stored}
        return Ground(plan, len(batch), layers, objective * values[-1], values[-1])

    def values(self, ground, patches, cells, inputs, objective):
        indices = iter(ground.plan.indices(cells, inputs, ground.count))
        return objective * self._recompute(ground.plan, ground.layers, patches, indices, len(patches))

    def _run(self, number, inputs, whole, rows):
        return self.functions[number](*inputs, whole)

    def _gathered(self, gather, layer, patch, index, whole):
        return np.concatenate([layer, patch.reshape(-1, 1), [[gather.fill]]])[index]


@pytest.fixture
def batch():
    return np.random.default_rng(0).normal(size=(2, SIDE, SIDE, 1))


def test_parts_bring_what_the_whole_does(batch):
    numbers = Numbers()
    ground = numbers.ground(numbers.plan((WINDOWS, WINDOWS)), batch, 1.0)
    assert not ground.plan.moves[3].whole
    cells = np.repeat(np.argwhere(np.ones((4, 4), bool)), 2, axis=0)
    inputs = np.tile([0, 1], 16)
    patches = np.full((32, 3, 3, 1), 0.5)
    found = numbers.values(ground, patches, cells, inputs, 2.0)
    hidden = batch[inputs]
    for row, (y, x) in zip(hidden, cells, strict=True):
        row[3 * y : 3 * y + 3, 3 * x : 3 * x + 3] = 0.5
    np.testing.assert_allclose(found, 2 * numbers.whole(hidden)[-1], rtol=1e-12)


def test_a_plan_knows_what_each_layer_changes():
    plan = Plan(Numbers().program, (WINDOWS, WINDOWS))
    # The sum reaches one place further on both sides: 3 become 5. Pooled in twos, from odd places on, they touch 3.
    assert [gather.wanted[0].size for gather in plan.gathers] == [7, 5, 6, 6]
    assert [gather.value for gather in plan.gathers] == [0, 0, 3, 4]
    assert [move.whole for move in plan.moves] == [False, False, False, False, True]
    assert plan.stored == {0, 3, 4}
    assert plan.answers
    changed = (9 * 25 + 25 + 25) + 9
    assert plan.share == pytest.approx(changed / (11 * SIDE**2 + (SIDE // 2) ** 2))


def test_what_nearly_fills_the_plane_is_computed_whole():
    wide = Span(np.arange(2), 10)
    plan = Plan(Numbers().program, (wide, wide))
    assert all(move.whole for move in plan.moves)
    assert plan.share == 1


def test_an_output_that_is_a_picture_is_no_answer():
    program = Program((Step((0,), 1, SUM),), {0: (SIDE, SIDE), 1: (SIDE, SIDE)}, 1)
    assert not Plan(program, (WINDOWS, WINDOWS)).answers


def test_plans_are_remembered_by_where_the_windows_lie():
    numbers = Numbers()
    plan = numbers.plan((WINDOWS, WINDOWS))
    assert numbers.plan((Span(np.arange(0, 10, 3), 3), WINDOWS)) is plan
    assert numbers.plan((Span(np.arange(0, 9, 2), 3), WINDOWS)) is not plan
