"""Formulas of concepts beside all that there are, tried one by one."""

import functools
import itertools

import numpy as np
import pytest

from xai_widgets.concepts.dissection import boolean
from xai_widgets.concepts.dissection.atoms import Atoms
from xai_widgets.concepts.dissection.boolean import Expression, best_prefix, formulas
from xai_widgets.concepts.dissection.counts import Counts
from xai_widgets.concepts.dissection.formula import searched

NAMES = ("a", "b", "c", "d")
UNITS, INPUTS, PLACES = 6, 3, 200


def drawn(seed, names=NAMES, units=UNITS):
    """Return concepts that overlap, and units that like some places more than others."""
    random = np.random.default_rng(seed)
    shapes = (INPUTS, PLACES)
    masks = {name: random.uniform(size=shapes) < share for name, share in zip(names, itertools.cycle((0.5, 0.3, 0.2)))}
    atoms = Atoms.of(masks)
    liked = random.uniform(0, 0.8, (units, len(atoms))) ** 2
    hot = random.uniform(size=(INPUTS, units, PLACES)) < liked[:, atoms.where].transpose(1, 0, 2)
    hits = np.array([atoms.counted(row, one) for row, one in enumerate(hot)])
    return masks, hot, Counts(evaluations=0, planned=0, layer="relu", atoms=atoms, hits=hits)


@functools.cache
def trees(leaves):
    """Return all formulas with so many leaves, as functions of the masks."""
    if leaves == 1:
        return [lambda masks, name=name, off=off: masks[name] ^ off for name in NAMES for off in (False, True)]
    found = []
    for few in range(1, leaves):
        for one, other in itertools.product(trees(few), trees(leaves - few)):
            found += [
                lambda masks, one=one, other=other: one(masks) & other(masks),
                lambda masks, one=one, other=other: one(masks) | other(masks),
            ]
    return found


def iou(hot, mask):
    both = (hot & mask).sum()
    return both / max(hot.sum() + mask.sum() - both, 1)


@pytest.mark.parametrize("leaves", [1, 2, 3])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_is_the_best_of_all(leaves, seed, agreement):
    masks, hot, counts = drawn(seed)
    said = [tree(masks) for count in range(1, leaves + 1) for tree in trees(count)]
    found = [searched(counts, unit, leaves) for unit in range(UNITS)]
    expected = [max(iou(hot[:, unit], mask) for mask in said) for unit in range(UNITS)]
    agreement("formula", "definition", [one.iou for one in found], expected)
    assert len(counts.atoms.formulas(leaves).expressions) == len({mask.tobytes() for mask in said})
    for unit, one in enumerate(found):
        assert one.exact
        assert one.expression.leaves <= leaves
        assert iou(hot[:, unit], one.expression.true(masks)) == pytest.approx(one.iou)


def test_what_four_leaves_say_is_all_found_beside_each_other():
    """Two pairs are joined, not only a third and a single one."""
    masks, _, counts = drawn(3)
    known = counts.atoms.formulas(4)
    pairs = (masks["a"] & masks["b"]) | (masks["c"] & masks["d"])
    said = [one.true(masks) for one in known.expressions if one.leaves == 4]
    assert any((mask == pairs).all() for mask in said)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_optimum_is_the_best_of_all_sets_of_atoms(seed, agreement):
    _, hot, counts = drawn(seed, NAMES[:3])
    sets = itertools.product((False, True), repeat=len(counts.atoms))
    rows = np.array([row for row in sets if any(row)])
    expected = counts.overlap(rows).max(axis=1)
    found = [best_prefix(counts.total_hits[unit], counts.total_pixels) for unit in range(UNITS)]
    agreement("formula", "closed form", found, expected)
    whole = [searched(counts, unit, 12).iou for unit in range(UNITS)]
    np.testing.assert_allclose(whole, found)
    assert all(searched(counts, unit, 2).iou <= best + 1e-12 for unit, best in enumerate(found))
    assert hot.any()


def test_atoms_are_the_combinations_that_occur():
    masks, _, counts = drawn(0)
    combinations = set(zip(*(mask.ravel().tolist() for mask in masks.values()), strict=True))
    assert {tuple(row.tolist()) for row in counts.atoms.held} == combinations
    assert counts.pixels.sum() == INPUTS * PLACES
    for name, mask in masks.items():
        np.testing.assert_array_equal(counts.atoms.held[counts.atoms.where, NAMES.index(name)], mask)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (("or", "a", "b"), "a or b"),
        (("and", "!a", "b"), "b and not a"),
        (("or", ("or", "a", "b"), "c"), "a or b or c"),
        (("and", ("or", "a", "b"), "!c"), "(a or b) and not c"),
        (("or", "a", ("and", "b", "!c")), "a or (b and not c)"),
        ("!a", "not a"),
    ],
)
def test_it_reads_as_words(parts, words):
    def made(one):
        if isinstance(one, str):
            return Expression("not", (one[1:],)) if one[0] == "!" else Expression("is", (one,))
        return Expression(one[0], tuple(map(made, one[1:])))

    assert made(parts).words == words
    assert made(parts).negations == words.count("not")


def test_the_shortest_formula_with_fewest_negations_stands_for_what_it_says():
    """Where colours exclude each other, "red and not blue" is "red"; a concept twice is found once."""
    held = np.array([[1, 0, 1], [0, 1, 0], [0, 0, 0]], bool)
    known = formulas(("red", "blue", "crimson"), held, 3)
    words = [one.words for one in known.expressions]
    assert words[:2] == ["red", "blue"]
    assert len(words) == len({row.tobytes() for row in known.true}) == 8
    assert "red or blue" in words
    assert not [one for one in words if "crimson" in one]


@pytest.mark.parametrize("seed", range(4))
def test_a_beam_is_searched_where_they_are_too_many(seed, monkeypatch):
    _, _, counts = drawn(seed)
    whole = [searched(counts, unit, 3) for unit in range(UNITS)]
    monkeypatch.setattr(boolean, "MOST_PAIRS", 20)
    _, _, again = drawn(seed)
    for unit, best in enumerate(whole):
        found = searched(again, unit, 3)
        assert not found.exact
        assert found.expression.leaves <= 3
        assert searched(again, unit, 1).iou < found.iou <= best.iou + 1e-12
        assert found.iou > 0.95 * best.iou
        assert "a beam of 32, not all" in repr(found)
        assert "all with at most 3 leaves" in repr(best)


def test_more_atoms_than_a_word_has_bits():
    names = tuple("abcdefghij")
    masks, hot, counts = drawn(0, names)
    assert len(counts.atoms) > 64
    found = searched(counts, 1, 2)
    assert iou(hot[:, 1], found.expression.true(masks)) == pytest.approx(found.iou)


def test_it_is_judged_on_other_inputs():
    masks, hot, counts = drawn(0)
    other_masks, other_hot, other = drawn(7)
    best = max((searched(counts, unit, 3) for unit in range(UNITS)), key=lambda one: one.gain)
    there = best.on(other)
    assert there.words == best.words
    assert there.iou == pytest.approx(iou(other_hot[:, best.unit], best.expression.true(other_masks)))
    alone = max(NAMES, key=lambda name: iou(hot[:, best.unit], masks[name]))
    assert there.single.words == alone
    assert there.gain == pytest.approx(there.iou - iou(other_hot[:, best.unit], other_masks[alone]))
    assert best.gain > 0
    assert f"{there.gain:+.3f} beside '{alone}' alone" in repr(there)


def test_its_error_is_that_of_leaving_inputs_out():
    masks, hot, counts = drawn(0)
    found = searched(counts, 2, 2)
    true = found.expression.true(masks)
    rows = [[row for row in range(INPUTS) if row != out] for out in range(INPUTS)]
    without = [iou(hot[few, 2], true[few]) for few in rows]
    assert found.standard_error == pytest.approx(np.sqrt((INPUTS - 1) * np.var(without)))


def test_what_knows_other_concepts_is_refused():
    found = searched(drawn(0)[2], 0, 2)
    with pytest.raises(ValueError, match="There is no concept"):
        found.on(drawn(0, ("x", "y"))[2])
    with pytest.raises(ValueError, match="There is no unit"):
        searched(drawn(0)[2], 5, 2).on(drawn(0, units=2)[2])
    with pytest.raises(TypeError, match="expected what NetworkDissection found"):
        found.on("others")
