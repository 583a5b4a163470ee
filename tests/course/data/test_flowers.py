"""Drawn flowers: masks say where the class is told, concepts what each pixel shows, and the pot tells nothing."""

import numpy as np
import pytest
from scipy import ndimage, stats

import xai_course
from xai_course.data.flower_drawing import COLORS
from xai_course.data.flowers import draw_flowers, load_flowers

KINDS = ("single", "double")
PARTS = ("background", "leaves", "stem", "pot", "petals", "centre")
KNOWN = {"single": ("red", "yellow", "blue"), "double": ("red", "yellow", "blue", "violet")}


@pytest.fixture(scope="module", params=["stream", *KINDS])
def flowers(request):
    return draw_flowers(240, seed=4) if request.param == "stream" else load_flowers(request.param, 240, seed=4)


@pytest.fixture(scope="module", params=KINDS)
def few(request):
    return load_flowers(request.param, 24, seed=2)


def hue(colors):
    """Return which of the colours is nearest, however much light there is."""
    known = np.array(list(COLORS.values())) / np.linalg.norm(list(COLORS.values()), axis=1, keepdims=True)
    return np.argmax(colors @ known.T / np.linalg.norm(colors, axis=-1, keepdims=True), axis=-1)


def told(name):
    """Return the colours by part of a class, as its name says."""
    return {part: color for color, part in (each.split() for each in name.split(", "))}


def pots(flowers):
    """Return the number of the colour of each pot, from its pixels."""
    pairs = zip(flowers.pictures, flowers.concepts["pot"], strict=True)
    return np.array([hue(np.median(picture[pot], axis=0)) for picture, pot in pairs])


def same(one, other):
    """Assert that two sets of flowers are the same ones."""
    for name in ("pictures", "labels", "masks"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert one.concepts.keys() == other.concepts.keys()
    for name, where in one.concepts.items():
        np.testing.assert_array_equal(where, other.concepts[name])


def test_the_parts_that_tell_the_class_have_its_colors_and_are_the_mask(flowers):
    for number, (picture, label) in enumerate(zip(flowers.pictures, flowers.labels, strict=True)):
        mask = np.zeros((64, 64), bool)
        for part, color in told(flowers.classes[label]).items():
            area = flowers.concepts[part][number]
            assert (hue(picture[area]) == list(COLORS).index(color)).mean() > 0.95
            mask |= area
        np.testing.assert_array_equal(flowers.masks[number], mask)


def test_nothing_else_but_the_pot_has_a_color(flowers):
    """Away from the edges, where colours mix: a coloured pixel is far from grey, and no green."""
    for picture, mask, pot in zip(flowers.pictures, flowers.masks, flowers.concepts["pot"], strict=True):
        rest = picture[~ndimage.binary_dilation(mask | pot, np.ones((3, 3)))]
        colored = (np.ptp(rest, axis=1) > 0.35) & (rest.argmax(axis=1) != 1)
        assert colored.mean() < 1e-3


def test_the_pot_has_any_color_whatever_the_class(flowers):
    table = np.zeros((len(flowers.classes), len(KNOWN[flowers.kind])))
    np.add.at(table, (flowers.labels, pots(flowers)), 1)
    assert (table > (4 if flowers.kind == "single" else 0)).all()
    assert stats.chi2_contingency(table).pvalue > 0.01
    for part in ("petals", "stem"):
        index = flowers.told_by(part)
        colors = [list(COLORS).index(told(flowers.classes[label])[part]) for label in flowers.labels[index]]
        assert np.mean(pots(flowers)[index] == colors) == pytest.approx(1 / table.shape[1], abs=0.08)


def test_petals_are_above_the_stem_and_both_above_the_pot(flowers):
    rows = np.arange(64)[:, None]
    petals, stem, pot = (
        (flowers.concepts[part] * rows).sum(axis=(1, 2)) / flowers.concepts[part].sum(axis=(1, 2))
        for part in ("petals", "stem", "pot")
    )
    assert petals.max() < stem.min()
    assert (stem < pot).all()
    assert 0.03 < flowers.concepts["petals"].mean() < 0.08
    assert 0.01 < flowers.concepts["stem"].mean() < 0.04


def test_a_pixel_shows_one_part_at_most_and_few_show_none(flowers):
    shown = np.sum([flowers.concepts[part] for part in PARTS], axis=0)
    assert shown.max() == 1
    assert 0 < (shown == 0).mean() < 0.03


def test_concepts_are_all_parts_and_all_colors_whatever_carries_them(flowers):
    plain = ("white", "green", "brown") if flowers.kind == "single" else ("green", "brown")
    assert sorted(flowers.concepts) == sorted((*PARTS, *KNOWN[flowers.kind], *plain))
    for color in KNOWN[flowers.kind]:
        found = hue(flowers.pictures[flowers.concepts[color]])
        assert (found == list(COLORS).index(color)).mean() > 0.95
    red, green, blue = np.moveaxis(flowers.pictures[flowers.concepts["green"]], -1, 0)
    assert ((green > red) & (green > blue)).mean() > 0.95
    if flowers.kind == "single":
        assert np.median(np.ptp(flowers.pictures[flowers.concepts["white"]], axis=-1)) < 0.15
    shown = np.any([flowers.concepts[part] for part in PARTS[1:]], axis=0)
    colored = np.sum([flowers.concepts[color] for color in (*KNOWN[flowers.kind], *plain)], axis=0)
    np.testing.assert_array_equal(colored, shown)


def test_a_seed_gives_the_same_flowers_and_another_one_others():
    for draw in (draw_flowers, lambda count, seed: load_flowers("double", count, seed)):
        one, again, other = (draw(4, seed=seed) for seed in (1, 1, 2))
        same(one, again)
        assert np.abs(one.pictures - other.pictures).max() > 0.2
    assert repr(one) == "4 drawn flowers of 64 x 64 pixels, 12 classes: 4 for training and 0 for testing"
    assert len(draw_flowers(0)) == len(load_flowers(count=0)) == 0


def test_the_flowers_of_lesson_14_are_those_that_were_measured():
    """Their means as they were when its networks were trained and explained."""
    flowers = draw_flowers(3, seed=1)
    assert flowers.labels.tolist() == [2, 3, 4]
    means = [[0.6249, 0.6160, 0.6951], [0.5910, 0.6120, 0.5725], [0.5232, 0.5181, 0.4605]]
    np.testing.assert_allclose(flowers.pictures.mean(axis=(1, 2)), means, atol=1e-4)
    assert flowers.masks.sum(axis=(1, 2)).tolist() == [205, 71, 79]


def test_a_smaller_count_gives_the_first_of_a_larger_one(few):
    more = load_flowers(few.kind, 40, seed=2)
    same(few, more.chosen(slice(0, 24)))
    assert set(few.train) < set(more.train)
    assert set(few.test) < set(more.test)


def test_classes_take_turns_in_training_and_in_testing(few):
    flowers = load_flowers(few.kind, 60)
    assert sorted([*flowers.train, *flowers.test]) == list(range(60))
    assert len(flowers.test) == 12
    for index in (flowers.train, flowers.test):
        assert np.ptp(np.bincount(flowers.labels[index], minlength=len(flowers.classes))) == 0
    assert len(set(flowers.classes)) == {"single": 6, "double": 12}[few.kind]


def test_chosen_flowers_keep_all_that_is_known_of_them(few):
    index = few.test[[2, 0]]
    two = few.chosen(index)
    assert two.labels.tolist() == few.labels[index].tolist()
    np.testing.assert_array_equal(two.pictures, few.pictures[index])
    np.testing.assert_array_equal(two.concepts["stem"], few.concepts["stem"][index])
    assert (two.test.tolist(), two.train.tolist(), len(two)) == ([0, 1], [], 2)
    same(two.recolored("pot", "blue"), few.recolored("pot", "blue").chosen(index))
    same(few.chosen(few.labels == 1), few.chosen(np.flatnonzero(few.labels == 1)))


@pytest.mark.parametrize("part", ["leaves", "stem", "pot", "petals", "centre"])
def test_recoloring_changes_one_part_and_the_class_where_it_tells_it(few, part):
    before = few.pictures.copy()
    some = few.chosen(few.told_by(part)) if part in ("stem", "petals") else few
    colors = [some.colors(part)[number % 3] for number in range(len(some))]
    other = some.recolored(part, colors)
    np.testing.assert_array_equal(few.pictures, before)
    for number, color in enumerate(colors):
        area, name = some.concepts[part][number], told(some.classes[some.labels[number]])
        changed = (other.pictures[number] != some.pictures[number]).any(axis=-1)
        if changed.any():
            assert changed[area].all()
        assert not changed[~ndimage.binary_dilation(area, np.ones((3, 3)))].any()
        assert hue(np.median(other.pictures[number][area], axis=0)) == list(COLORS).index(color)
        assert told(other.classes[other.labels[number]]) == (name | {part: color} if part in name else name)
        assert other.concepts[color][number][area].all()
    for name in PARTS:
        np.testing.assert_array_equal(other.concepts[name], some.concepts[name])
    np.testing.assert_array_equal(other.masks, some.masks)
    same(other.recolored(part, "red"), some.recolored(part, "red"))


def test_what_is_no_flower_is_refused():
    flowers = load_flowers("single", 6)
    with pytest.raises(ValueError, match="kind of flowers is 'triple'; expected 'single' or 'double'"):
        load_flowers("triple")
    with pytest.raises(ValueError, match="count of flowers is -1; expected 0 or more"):
        load_flowers(count=-1)
    with pytest.raises(ValueError, match="part is 'twig'; expected one of leaves, stem, pot, petals, centre"):
        flowers.recolored("twig", "red")
    with pytest.raises(ValueError, match="colour is 'violet'; expected one of red, yellow, blue"):
        flowers.recolored("pot", "violet")
    with pytest.raises(ValueError, match="colour is 'violet'; expected one of red, yellow, blue"):
        load_flowers("double", 2).recolored("stem", "violet")
    with pytest.raises(ValueError, match="2 colours for 6 flowers; expected one, or one for each"):
        flowers.recolored("pot", ["red", "blue"])
    with pytest.raises(
        ValueError, match=r"stem does not tell the class.*flowers\.chosen\(flowers\.told_by\('stem'\)\)"
    ):
        flowers.recolored("stem", "red")


def test_the_course_exports_them():
    assert isinstance(xai_course.load_flowers("double", 2), xai_course.Flowers)
