"""Questions on drawn scenes: what may be asked of colour, shape, place and number, and which words of it matter."""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np

from xai_course.data.shape_drawing import COLORS, SHAPES, SIDES, Thing

Kind = Literal["colour", "shape", "place", "existence", "number"]

WORDS = 8
"""How many words a question has at most."""
PADDING = "<pad>"
MOST = 3
"""How many things a scene has at most."""
TEMPLATES: dict[Kind, tuple[str, ...]] = {
    "colour": ("what colour is the {shape}", "which colour has the {shape}", "tell me the colour of the {shape}"),
    "shape": ("what shape is the {color} thing", "which shape has the {color} thing", "what is the shape in {color}"),
    "place": ("what shape is on the {side}", "which shape do you see on the {side}", "what is on the {side}"),
    "existence": ("is there a {color} {shape}", "do you see a {color} {shape}", "is any {shape} {color}"),
    "number": ("how many {shape}s are there", "how many things are {color}", "how many {color} things are there"),
}
"""The ways to ask for each; in braces stands what is asked of."""
ANSWERS = (*COLORS, *SHAPES, "yes", "no", *map(str, range(MOST + 1)))


@cache
def vocabulary() -> tuple[str, ...]:
    """Return what stands for nothing, and all words of the grammar in the order of the alphabet."""
    asked = [*COLORS, *SHAPES, *SIDES, *(f"{shape}s" for shape in SHAPES)]
    said = {word for ways in TEMPLATES.values() for way in ways for word in way.split() if "{" not in word}
    return (PADDING, *sorted(said | set(asked)))


def asks(kind: Kind, way: int, thing: Thing) -> tuple[str, tuple[str, ...]]:
    """Return a question about what a thing is like, and the words of it without which one cannot know the answer.

    Parameters
    ----------
    kind : {"colour", "shape", "place", "existence", "number"}
    way : int
        Which of the ways to ask.
    thing : Thing
    """
    template = TEMPLATES[kind][way]
    filled = {"color": thing.color, "shape": thing.shape, "side": thing.side}
    matter = [word.format(**filled) for word in template.split() if "{" in word]
    return template.format(**filled), tuple(matter)


def numbers(questions: tuple[str, ...] | list[str]) -> np.ndarray:
    """Return the numbers of the words of some questions, (questions, 8), padded at the end.

    Raises
    ------
    ValueError
        If a question is too long, or has a word that is not of the grammar.
    """
    known = {word: number for number, word in enumerate(vocabulary())}
    found = np.zeros((len(questions), WORDS), np.int64)
    for row, question in zip(found, questions, strict=True):
        words = question.lower().replace("?", " ").split()
        if len(words) > WORDS or (unknown := [word for word in words if word not in known]):
            raise ValueError(
                f"{question!r} has {len(words)} words; expected at most {WORDS}."
                if len(words) > WORDS
                else f"{question!r} has the word {unknown[0]!r}; expected those of the grammar: "
                f"{', '.join(vocabulary()[1:])}."
            )
        row[: len(words)] = [known[word] for word in words]
    return found
