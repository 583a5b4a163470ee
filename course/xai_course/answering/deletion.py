"""Does an answer stay when a word of the question is gone? (Mudrakarta and others 2018)"""

from __future__ import annotations

from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from xai_course.data.asked_scenes import AskedScenes
from xai_course.data.question_grammar import numbers


class Deletions(NamedTuple):
    """What becomes of the answers when one word is deleted, a row for each word of each question.

    Attributes
    ----------
    scene : array of int
        Whose question it is.
    word : array of str
        What is deleted.
    matters : array of bool
        Whether the answer cannot be known without it.
    stays : array of bool
        Whether the answer stays.
    """

    scene: NDArray[np.int64]
    word: NDArray[np.str_]
    matters: NDArray[np.bool_]
    stays: NDArray[np.bool_]


def deleted(question: str, place: int) -> str:
    """Return a question without one of its words."""
    words = question.split()
    return " ".join(words[:place] + words[place + 1 :])


def deletions(lab: ModuleType, network: Any, scenes: AskedScenes) -> Deletions:
    """Return what becomes of the answers when each word is deleted in turn; the picture stays."""
    rows = [
        (scene, word, word in scenes.matter[scene], deleted(question, place))
        for scene, question in enumerate(scenes.questions)
        for place, word in enumerate(question.split())
    ]
    scene, word, matters, left = (np.array(column) for column in zip(*rows, strict=True))
    before = lab.predict(network, (scenes.pictures, scenes.words)).argmax(axis=1)
    after = lab.predict(network, (scenes.pictures[scene], numbers(list(left)))).argmax(axis=1)
    return Deletions(scene, word, matters, after == before[scene])
