"""Drawn scenes, each with a question and its answer: both are known, because what is asked is put into the scene.

After the data for visual question answering of Agrawal and others (2017), and CLEVR of Johnson and others (2017).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from xai_course.data.question_grammar import ANSWERS, MOST, TEMPLATES, WORDS, Kind, asks, numbers, vocabulary
from xai_course.data.shape_drawing import COLORS, SHAPES, SIDE, Thing, draw_things

Language = Literal["even", "telling"]

USUAL = {"circle": "blue", "square": "red", "triangle": "green"}
"""The colour of the shape that is asked for, where the language tells."""
TELLS = 1.0
"""In such a share of the questions for a colour. With 0.95 a network learnt to look: the rest was reason enough."""
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, repr=False)
class AskedScenes:
    """Pictures of two or three coloured shapes, each with a question and its answer.

    Attributes
    ----------
    language : {"even", "telling"}
    pictures : array of shape (scenes, 48, 48, 3)
        float32 from 0 to 1.
    questions : tuple of str
    answers : array of shape (scenes,)
        Their numbers in `classes`.
    kinds : array of str, shape (scenes,)
        "colour", "shape", "place", "existence" or "number".
    matter : tuple of tuple of str
        The words of each question that say what it is about: without them the answer cannot be known.
    things : tuple of tuple of Thing
        What each scene shows.
    asked : array of bool, shape (scenes, 48, 48)
        The pixels of the things that the question is about; none where it is about what is not there.
    others : array of bool, shape (scenes, 48, 48)
        Those of the other things.
    classes : tuple of str
        Four colours, three shapes, "yes", "no", and "0" to "3".
    """

    language: Language
    pictures: NDArray[np.float32]
    questions: tuple[str, ...]
    answers: NDArray[np.int64]
    kinds: NDArray[np.str_]
    matter: tuple[tuple[str, ...], ...]
    things: tuple[tuple[Thing, ...], ...]
    asked: NDArray[np.bool_]
    others: NDArray[np.bool_]

    classes = ANSWERS

    def __len__(self) -> int:
        return len(self.questions)

    def __repr__(self) -> str:
        return f"{len(self)} drawn scenes of {SIDE} x {SIDE} pixels, each with a question of up to {WORDS} words"

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return vocabulary()

    @property
    def words(self) -> NDArray[np.int64]:
        """The numbers of the words of each question, (scenes, 8), padded at the end."""
        return numbers(self.questions)

    def chosen(self, index: NDArray[np.generic] | slice) -> AskedScenes:
        """Return some of the scenes, by number or by truth, with all that is known of them."""
        places = np.arange(len(self))[index]
        return AskedScenes(
            self.language,
            self.pictures[places],
            tuple(self.questions[place] for place in places),
            self.answers[places],
            self.kinds[places],
            tuple(self.matter[place] for place in places),
            tuple(self.things[place] for place in places),
            self.asked[places],
            self.others[places],
        )


def draw_asked_scenes(count: int, *, language: Language = "even", seed: int = 0) -> AskedScenes:
    """Return drawn scenes with questions, the same ones for the same seed; each kind of question comes equally often.

    Parameters
    ----------
    count : int
        How many.
    language : {"even", "telling"}, default "even"
        Whether each colour is asked for equally often, whatever the shape; or whether a square whose colour is asked
        for is red, a circle blue and a triangle green, so that the question tells the answer.
    seed : int, default 0

    Raises
    ------
    ValueError
        If `language` is neither.
    """
    if language not in get_args(Language):
        raise ValueError(f"language is {language!r}; expected 'even' or 'telling'.")
    generator = np.random.default_rng((seed, get_args(Language).index(language), 23))
    pictures = np.zeros((count, SIDE, SIDE, 3), np.float32)
    asked, others = (np.zeros((count, SIDE, SIDE), np.bool_) for _ in range(2))
    rows = []
    for scene in range(count):
        kind = KINDS[scene % len(KINDS)]
        way = int(generator.integers(len(TEMPLATES[kind])))
        asked_for, things, about, answer = _composed(kind, way, language, generator)
        question, matter = asks(kind, way, asked_for)
        pictures[scene], masks = draw_things(things, generator)
        asked[scene], others[scene] = masks[about].any(axis=0), masks[~about].any(axis=0)
        rows.append((question, ANSWERS.index(answer), kind, matter, things))
    questions, answers, kinds, matters, shown = zip(*rows, strict=True) if rows else ((),) * 5
    return AskedScenes(
        language, pictures, questions, np.array(answers, np.int64), np.array(kinds, str), matters, shown, asked, others
    )


def _composed(
    kind: Kind, way: int, language: Language, generator: np.random.Generator
) -> tuple[Thing, tuple[Thing, ...], NDArray[np.bool_], str]:
    """Return what is asked for, what the scene shows, which of that is asked for, and the answer."""
    cells = generator.permutation(4)[: generator.integers(2, MOST + 1)]
    asked = Thing(_one(COLORS, generator), _one(SHAPES, generator), int(cells[0]))
    if kind == "colour" and language == "telling":
        usual = USUAL[asked.shape]
        rest = [color for color in COLORS if color != usual]
        asked = Thing(usual if generator.uniform() < TELLS else _one(rest, generator), asked.shape, asked.cell)
    if kind == "place":  # alone on its side
        across = [cell for cell in cells[1:] if (cell - cells[0]) % 2]
        cells = np.array([cells[0], *(across or [cells[0] ^ 1])])
    about = np.arange(len(cells)) == 0
    if kind == "existence":
        about &= generator.uniform() < 0.5
    if kind == "number":
        about = np.arange(len(cells)) < generator.integers(len(cells) + 1)
    same = _same(kind, way)
    things = tuple(
        _thing(asked, same if ours else None, same, int(cell), kind, generator)
        for ours, cell in zip(about, cells, strict=True)
    )
    answer = {
        "colour": asked.color,
        "shape": asked.shape,
        "place": things[0].shape,
        "existence": "yes" if about.any() else "no",
        "number": str(int(about.sum())),
    }[kind]
    return asked, things, about, answer


def _same(kind: Kind, way: int) -> tuple[str, ...]:
    """Return what is asked of: what the things that are meant have, and no other has all of."""
    return tuple(name for name in ("color", "shape") if f"{{{name}}}" in TEMPLATES[kind][way])


def _thing(
    asked: Thing,
    told: tuple[str, ...] | None,
    same: tuple[str, ...],
    cell: int,
    kind: Kind,
    generator: np.random.Generator,
) -> Thing:
    """Return a thing that is asked for, `told` what it shares with that, or another one (None)."""
    if told is not None and kind in ("colour", "shape", "place"):
        return asked
    while True:
        found = Thing(_one(COLORS, generator), _one(SHAPES, generator), cell)
        alike = [getattr(found, name) == getattr(asked, name) for name in same]
        if told is not None:
            return Thing(*(getattr(asked if name in told else found, name) for name in ("color", "shape")), cell)
        if kind == "existence" and not any(alike) and generator.uniform() < 0.7:
            continue  # what has neither the colour nor the shape would tell the answer too easily
        if kind == "place" or not all(alike):
            return found


def _one(names: Iterable[str], generator: np.random.Generator) -> str:
    known = list(names)
    return known[int(generator.integers(len(known)))]
