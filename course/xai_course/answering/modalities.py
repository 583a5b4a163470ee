"""How much of an answer is owed to the picture, and how much to the question: Shapley values of two players."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xai_course.data.asked_scenes import AskedScenes
from xai_course.data.question_grammar import ANSWERS
from xai_course.data.shape_drawing import COLORS, SHAPES

GREY = 0.5
"""What each pixel of an absent picture is."""
SORTS = (COLORS, SHAPES, ("yes", "no"), ("0", "1", "2", "3"))
"""Answers of one sort: a question asks for one of these."""

Floats = NDArray[np.floating[Any]]


def coalitions(lab: ModuleType, network: Any, scenes: AskedScenes) -> Floats:
    """Return the scores without both, with the picture, with the question, and with both: (4, scenes, classes).

    An absent picture is grey, an absent question has no words.
    """
    pictures, words = scenes.pictures, scenes.words
    blank, silent = np.full_like(pictures, GREY), np.zeros_like(words)
    pairs = [(blank, silent), (pictures, silent), (blank, words), (pictures, words)]
    return np.stack([lab.predict(network, pair) for pair in pairs])


def margins(scores: Floats) -> Floats:
    """Return the score of the answer minus the mean of the other answers of its sort; the answer is that with both.

    Parameters
    ----------
    scores : array of shape (4, scenes, classes)
        From `coalitions`.
    """
    answers, found = scores[-1].argmax(axis=1), np.zeros(scores.shape[:2])
    for scene, answer in enumerate(answers):
        own = next(sort for sort in SORTS if ANSWERS[answer] in sort)
        others = [ANSWERS.index(name) for name in own if ANSWERS.index(name) != answer]
        found[:, scene] = scores[:, scene, answer] - scores[:, scene, others].mean(axis=1)
    return found


def shapley(values: Floats) -> tuple[Floats, Floats]:
    """Return what the picture brings and what the question brings, averaged over who comes first.

    Parameters
    ----------
    values : array of shape (4, scenes)
        With neither, with the picture, with the question, with both.
    """
    neither, picture, question, both = values
    return ((picture - neither) + (both - question)) / 2, ((question - neither) + (both - picture)) / 2


def on_the_asked(maps: Floats, scenes: AskedScenes) -> Floats:
    """Return how much of each map, by its size, lies on what is asked for, of all that lies on things.

    Parameters
    ----------
    maps : array of shape (scenes, 48, 48)
    scenes : AskedScenes
        Those where something that is there is asked for, beside another thing.
    """
    size = np.abs(maps)
    asked, others = ((size * masks).sum(axis=(1, 2)) for masks in (scenes.asked, scenes.others))
    found: Floats = asked / (asked + others)
    return found
