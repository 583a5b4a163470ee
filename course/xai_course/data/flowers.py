"""Drawn flowers in pots, of which one or two parts are coloured: these tell the class, and where they are is known.

After an8Flower (Oramas, Wang, Tuytelaars 2019).
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from xai_course.data.flower_drawing import COLORS, PARTS, PLAIN, SIDE, Colors, Plant, draw_flower

Kind = Literal["single", "double"]

TELLING = ("petals", "stem")
"""The parts that may tell a class."""
COUNT = 500
TEST_EVERY = 5
"""Every fifth flower is for testing."""


def _classes(kind: Kind) -> list[Colors]:
    """Return what tells each class: in the double ones, petals have a colour that stems have not."""
    three, four = list(COLORS)[:3], list(COLORS)
    if kind == "single":
        return [{part: color} for part in TELLING for color in three]
    return [{"petals": petals, "stem": stem} for petals, stem in itertools.product(four, three)]


def _colors(kind: Kind, parts: Collection[str] = TELLING) -> tuple[str, ...]:
    """Return the colours in which these parts tell a class."""
    return tuple(dict.fromkeys(told[part] for told in _classes(kind) for part in parts if part in told))


def _name(told: Colors) -> str:
    return ", ".join(f"{color} {part}" for part, color in told.items())


@dataclass(frozen=True, repr=False)
class Flowers:
    """Pictures of flowers in pots whose petals or stem (single), or petals and stem (double) have the class's colour.

    The pot has one of the same colours, at random: so a colour alone does not tell the class.

    Attributes
    ----------
    kind : {"single", "double"}
    pictures : array of shape (flowers, 64, 64, 3)
        float32 from 0 to 1.
    labels : array of shape (flowers,)
        The numbers of their classes.
    masks : array of bool, shape (flowers, 64, 64)
        Where the part is that tells the class, or both: the pixels of which it covers more than half.
    concepts : mapping of str to array of bool, shape (flowers, 64, 64)
        Where each part is, "background", "leaves", "stem", "pot", "petals" and "centre"; and where each colour is,
        whatever carries it: "red", "yellow", "blue", "green" and "brown", with "white" if single, "violet" if double.
        Where two meet in a pixel with equal shares, it belongs to neither.
    classes : tuple of str
        6 single ones, "red petals" to "blue stem", or 12 double ones, "red petals, red stem" to
        "violet petals, blue stem".
    train, test : array of int
        Places in `pictures`: every fifth flower is for testing.
    """

    kind: Kind
    pictures: NDArray[np.float32]
    labels: NDArray[np.int64]
    masks: NDArray[np.bool_]
    concepts: Mapping[str, NDArray[np.bool_]]
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    _plants: tuple[Plant, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(map(_name, _classes(self.kind)))

    def __len__(self) -> int:
        return len(self.pictures)

    def __repr__(self) -> str:
        return (
            f"{len(self)} drawn flowers of {SIDE} x {SIDE} pixels, {len(self.classes)} classes: {len(self.train)} for "
            f"training and {len(self.test)} for testing"
        )

    def told_by(self, part: str) -> NDArray[np.bool_]:
        """Return of which flowers the class is told by their "petals", or by their "stem"."""
        classes = _classes(self.kind)
        return np.array([part in classes[label] for label in self.labels], bool)

    def chosen(self, index: NDArray[np.generic] | slice) -> Flowers:
        """Return some of the flowers, by number or by truth, with all that is known of them."""
        places = np.arange(len(self))[index]
        return Flowers(
            self.kind,
            self.pictures[places],
            self.labels[places],
            self.masks[places],
            {name: where[places] for name, where in self.concepts.items()},
            np.flatnonzero(np.isin(places, self.train)),
            np.flatnonzero(np.isin(places, self.test)),
            tuple(self._plants[place] for place in places),
        )

    def colors(self, part: str) -> tuple[str, ...]:
        """Return the colours that a part may be given: of petals and stems those that tell classes, else all of these.

        Raises
        ------
        ValueError
            If there is no such part.
        """
        if part not in PARTS[1:]:
            raise ValueError(f"The part is {part!r}; expected one of {', '.join(PARTS[1:])}.")
        return _colors(self.kind, (part,) if part in TELLING else TELLING)

    def recolored(self, part: str, colors: str | Sequence[str]) -> Flowers:
        """Return the same flowers with one part in another colour: all else is as it was, to the noise of each pixel.

        That is how one finds out what a network uses. Where the part tells the class, the labels follow.

        Parameters
        ----------
        part : {"leaves", "stem", "pot", "petals", "centre"}
        colors : str or sequence of str
            One of `colors(part)` for all flowers, or one for each.

        Raises
        ------
        ValueError
            If there is no such part or colour, or a flower would belong to no class.
        """
        each, known = [colors] * len(self) if isinstance(colors, str) else list(colors), self.colors(part)
        if len(each) != len(self):
            raise ValueError(f"There are {len(each)} colours for {len(self)} flowers; expected one, or one for each.")
        if unknown := [color for color in each if color not in known]:
            raise ValueError(f"The colour is {unknown[0]!r}; expected one of {', '.join(known)}.")
        if part in TELLING and not all(part in plant.told for plant in self._plants):
            raise ValueError(
                f"Of some flowers the {part} does not tell the class: with a coloured {part} they would be of none. "
                f"Expected flowers that it tells: choose flowers.chosen(flowers.told_by({part!r}))."
            )
        pairs = zip(self._plants, each, strict=True)
        plants = [Plant(plant.told | {part: color}, copy.deepcopy(plant.chance)) for plant, color in pairs]
        return _drawn(self.kind, plants, self.train, self.test)


def load_flowers(kind: Kind = "single", count: int = COUNT, seed: int = 0) -> Flowers:
    """Return flowers that are drawn here, with the parts that tell their classes: ground truth for explanations.

    The classes take turns. A flower depends on its number and the seed alone: those of a smaller count are the first
    of a larger one. Those for testing with seed 0 are new to the networks of `xai_course.flowers.network`, as all
    flowers of other seeds are.

    Parameters
    ----------
    kind : {"single", "double"}, default "single"
        "single" has 6 classes: petals or stem are red, yellow or blue, the other is plain. "double" has 12: petals in
        four colours, on stems in three; both tell the class.
    count : int, default 500
        How many, for training and for testing together. A thousand take a few seconds.
    seed : int, default 0

    Returns
    -------
    Flowers
        Pictures, labels, masks, concepts and classes.

    Raises
    ------
    ValueError
        If `kind` is neither of the two, or `count` is negative.
    """
    if kind not in get_args(Kind):
        raise ValueError(f"The kind of flowers is {kind!r}; expected 'single' or 'double'.")
    if count < 0:
        raise ValueError(f"The count of flowers is {count}; expected 0 or more.")
    classes, numbers = _classes(kind), np.arange(count)
    plants = [Plant(classes[number % len(classes)], np.random.default_rng([seed, number])) for number in numbers]
    tested = numbers % TEST_EVERY == TEST_EVERY - 1
    return _drawn(kind, plants, np.flatnonzero(~tested), np.flatnonzero(tested))


def draw_flowers(count: int, seed: int = 0) -> Flowers:
    """Return single flowers from one stream of chance, for which all of them have to be drawn, of classes at random.

    They are those of the measurements of lesson 14.

    Parameters
    ----------
    count : int
        How many; all are for training.
    seed : int, default 0

    Returns
    -------
    Flowers
    """
    generator, classes = np.random.default_rng(seed), _classes("single")
    labels = generator.integers(0, len(classes), count)
    plants = (Plant(classes[label], generator) for label in labels)
    return _drawn("single", plants, np.arange(count), np.arange(0))


def _drawn(kind: Kind, plants: Iterable[Plant], train: NDArray[np.int64], test: NDArray[np.int64]) -> Flowers:
    """Draw flowers, each of which takes its chance further, and say of each of their pixels what it shows."""
    classes, colors = _classes(kind), _colors(kind)
    plain = {color: None for part, (color, _) in PLAIN.items() if any(part not in told for told in classes)}
    kept, drawn = [], []
    for plant in plants:
        kept.append(Plant(plant.told, copy.deepcopy(plant.chance)))
        drawn.append(draw_flower(plant, colors))
    telling = [{part: color for part, color in plant.told.items() if part in TELLING} for plant in kept]
    shown = np.array([each.parts for each in drawn], np.uint8).reshape(-1, SIDE, SIDE)
    return Flowers(
        kind,
        np.array([each.picture for each in drawn], np.float32).reshape(-1, SIDE, SIDE, 3),
        np.array([classes.index(told) for told in telling], np.int64),
        _where(shown, telling),
        {part: shown == number for number, part in enumerate(PARTS)}
        | {color: _where(shown, [each.carriers(color) for each in drawn]) for color in (*colors, *plain)},
        train,
        test,
        tuple(kept),
    )


def _where(shown: NDArray[np.uint8], parts: Sequence[Collection[str]]) -> NDArray[np.bool_]:
    """Return where each flower shows one of the parts that are asked for, of which it may have others."""
    asked = np.array([[part in each for part in (*PARTS, None)] for each in parts], bool).reshape(-1, len(PARTS) + 1)
    return np.take_along_axis(asked, shown.reshape(-1, SIDE * SIDE), axis=1).reshape(shown.shape)
