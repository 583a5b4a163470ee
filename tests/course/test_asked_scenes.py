"""Drawn scenes with questions: the answer follows from what is shown, and the pixels are those of the things."""

import numpy as np
import pytest

from xai_course.data.asked_scenes import KINDS, USUAL, draw_asked_scenes
from xai_course.data.question_grammar import ANSWERS, WORDS, numbers, vocabulary
from xai_course.data.shape_drawing import COLORS, SHAPES


@pytest.fixture(scope="module")
def scenes():
    return draw_asked_scenes(300, seed=4)


def named(thing, words):
    """Return whether a thing is what some words of a question say."""
    own = {thing.color, thing.shape, f"{thing.shape}s", thing.side}
    known = {*COLORS, *SHAPES, *(f"{shape}s" for shape in SHAPES), "left", "right"}
    return (words & known) <= own


def test_answers_are_those_that_one_finds_by_reading_and_looking(scenes):
    for question, answer, kind, things in zip(
        scenes.questions, scenes.answers, scenes.kinds, scenes.things, strict=True
    ):
        meant = [thing for thing in things if named(thing, set(question.split()))]
        found = {
            "colour": lambda meant=meant: meant[0].color,
            "shape": lambda meant=meant: meant[0].shape,
            "place": lambda meant=meant: meant[0].shape,
            "existence": lambda meant=meant: "yes" if meant else "no",
            "number": lambda meant=meant: str(len(meant)),
        }[kind]()
        assert ANSWERS[answer] == found, question
        assert kind in ("existence", "number") or len(meant) == 1


def test_what_matters_is_what_the_meant_things_are_told_by(scenes):
    for question, matter in zip(scenes.questions, scenes.matter, strict=True):
        words = set(question.split())
        assert set(matter) == words & {*COLORS, *SHAPES, *(f"{shape}s" for shape in SHAPES), "left", "right"}


def test_pixels_of_what_is_asked_for_have_its_colour(scenes):
    hue = {"red": 0, "green": 1, "blue": 2}
    asked_of_color = 0
    for picture, mask, kind, answer in zip(scenes.pictures, scenes.asked, scenes.kinds, scenes.answers, strict=True):
        if kind == "colour" and ANSWERS[answer] in hue:
            assert picture[mask].mean(axis=0).argmax() == hue[ANSWERS[answer]]
            asked_of_color += 1
    assert asked_of_color > 30
    assert not (scenes.asked & scenes.others).any()
    absent = (scenes.kinds == "existence") & (scenes.answers == ANSWERS.index("no"))
    assert not scenes.asked[absent].any()
    assert scenes.asked[scenes.kinds == "place"].any(axis=(1, 2)).all()


def test_telling_questions_tell_the_colour_alone():
    share = []
    for language in ("even", "telling"):
        scenes = draw_asked_scenes(600, language=language, seed=2)
        asked = [
            ANSWERS[answer] == USUAL[matter[0]]
            for kind, answer, matter in zip(scenes.kinds, scenes.answers, scenes.matter, strict=True)
            if kind == "colour"
        ]
        share.append(np.mean(asked))
    assert share[0] == pytest.approx(0.25, abs=0.12)
    assert share[1] == 1


def test_scenes_are_repeatable_and_may_be_chosen(scenes):
    again, other = draw_asked_scenes(300, seed=4), draw_asked_scenes(20, seed=5)
    np.testing.assert_array_equal(again.pictures, scenes.pictures)
    assert again.questions == scenes.questions
    assert np.abs(other.pictures - scenes.pictures[:20]).max() > 0.1
    few = scenes.chosen(scenes.kinds == "shape")
    assert len(few) == 60
    assert set(few.kinds) == {"shape"}
    assert few.questions[1] == scenes.questions[KINDS.index("shape") + len(KINDS)]


def test_questions_are_numbers_of_the_vocabulary():
    found = numbers(["What colour is the square?", "circle"])
    assert found.shape == (2, WORDS)
    assert [vocabulary()[number] for number in found[0, :5]] == ["what", "colour", "is", "the", "square"]
    assert not found[0, 5:].any()
    assert not found[1, 1:].any()
    with pytest.raises(ValueError, match="has the word 'cat'; expected those of the grammar"):
        numbers(["what colour is the cat"])
    with pytest.raises(ValueError, match="has 9 words; expected at most 8"):
        numbers(["the " * 9])


def test_a_language_that_is_not_there_is_named():
    with pytest.raises(ValueError, match="language is 'odd'; expected 'even' or 'telling'"):
        draw_asked_scenes(1, language="odd")
