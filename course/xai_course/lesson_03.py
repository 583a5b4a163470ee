"""The checks of lesson 3, overfitting on faces."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

import xai_widgets as xai
from xai_course.answers import number, truths
from xai_course.checking import Verdict, call, check, mistaken
from xai_course.faces.painting import PINK, paint_background

SHARE = "one share, a number from 0 to 1"


@check()
def called_rate(answer: Any) -> Verdict:
    """Check ``answer(answers, labels, person)``, the share of other people's pictures that get this person's name."""
    generator = np.random.default_rng(0)
    for round_ in range(4):
        person = round_ % 3
        labels = generator.permutation(np.repeat([0, 1, 2], [43, 19, 31]))
        answers = np.where(generator.random(93) < 0.4, person, generator.integers(0, 3, 93))
        found = number(call(answer, answers, labels, person), SHARE)
        others, named = labels != person, answers == person
        expected = named[others].mean()
        if np.isclose(found, expected):
            continue
        mistakes = [
            (named.mean(), "the person's own pictures are counted, too; keep those with labels != person."),
            ((named & others).mean(), "this is divided by all pictures; divide by those of other people."),
            ((named & others).sum(), "this is a number of pictures; divide it by that of all other people's pictures."),
            (100 * expected, "this is in percent; expected a share from 0 to 1."),
            (1 - expected, "this is the share that does not get the person's name."),
            ((answers != labels).mean(), "this counts every wrong answer; only those count that name the person."),
            (
                (answers != labels)[others].mean(),
                "this counts every wrong answer; only those count that name the person.",
            ),
            (
                (labels == person)[named].mean(),
                "this starts from those who got the name; start from other people's pictures.",
            ),
            (
                (labels != person)[named].mean(),
                "this starts from those who got the name; start from other people's pictures.",
            ),
            (named[~others].mean(), "this is about the person's own pictures; expected those of the others."),
        ]
        otherwise = (
            f"{others.sum()} pictures are of other people, and {(named & others).sum()} of these get the name: a share "
            f"of {expected:.3f}; found {found:.3f}."
        )
        return mistaken(found, mistakes, otherwise)
    return Verdict("right", "only other people's pictures count, and only wrong answers that name this one person.")


@check()
def border_share(answer: Any) -> Verdict:
    """Check ``answer(values, border, strongest)``, the share of the strongest pixels that lies on the border."""
    generator = np.random.default_rng(0)
    for _ in range(3):
        values = generator.normal(0, 1, (20, 20))
        border = np.ones((20, 20), bool)
        border[3:-3, 3:-3] = False
        values[border] += 0.6
        values[10, 10] = -9.0  # far from zero, but not large
        found = number(call(answer, values, border, 0.1), SHARE)
        top = values > np.quantile(values, 0.9)
        if np.isclose(found, (top & border).sum() / top.sum(), atol=0.015):
            continue
        magnitude = np.abs(values)
        strong, bottom = magnitude > np.quantile(magnitude, 0.9), values > np.quantile(values, 0.1)
        mistakes = [
            (top[border].mean(), "this is divided by the pixels of the border; divide by the strongest pixels."),
            ((top & border).mean(), "this is divided by all pixels; divide by the strongest ones."),
            ((top & border).sum(), "this is a number of pixels; divide it by the number of strong ones."),
            (border.mean(), "this is the share of the border in the picture, whatever the values."),
            (
                (bottom & border).sum() / bottom.sum(),
                "this takes all but the weakest tenth; expected those above the quantile 1 - strongest.",
            ),
            (
                (strong & border).sum() / strong.sum(),
                "this takes the largest magnitudes; expected the largest values, with sign.",
            ),
            ((top & ~border).sum() / top.sum(), "this is the share inside; expected that on the border."),
            (values[border].sum() / values.sum(), "this is a share of a sum of values; expected a share of pixels."),
            (
                magnitude[border].sum() / magnitude.sum(),
                "this is a share of a sum of values; expected a share of pixels.",
            ),
        ]
        otherwise = (
            f"{top.sum()} of {values.size} pixels are the strongest tenth, {(top & border).sum()} of these lie on the "
            f"border; found {found:.3f}."
        )
        return mistaken(found, mistakes, otherwise, partial(np.isclose, atol=0.002))
    return Verdict(
        "right", "of the strongest pixels those on the border are counted; chance would give the border's area."
    )


@check("put a mask in place of the dots, then run this cell again.")
def least_paint(
    answer: Any, model: xai.Model, picture: NDArray[np.float32], wall: NDArray[np.bool_], person: str, most: float
) -> Verdict:
    """Check that painting the pixels of `answer` pink makes the model say `person`, with little paint and on the wall.

    Parameters
    ----------
    answer : bool array of shape (height, width)
    model : xai_widgets.Model
    picture : array of shape (height, width, 3)
    wall : bool array of shape (height, width)
        Where one may paint.
    person : str
    most : float
        Which share of the picture may be painted.
    """
    mask = truths(answer, wall.shape, "truth values, True where there is paint")
    if (mask & ~wall).any():
        return Verdict(
            "wrong",
            f"{(mask & ~wall).sum()} painted pixels lie on face or shoulders. Paint the wall alone: mask & wall.",
        )
    share = mask.mean()
    channels_first = model.channel_axis == 0
    painted = paint_background(picture, PINK, mask)
    probabilities = model.probabilities(np.moveaxis(painted, -1, 0) if channels_first else painted)[0]
    says = model.classes[int(probabilities.argmax())]
    if says != person:
        return Verdict(
            "wrong",
            f"with {share:.0%} of the picture painted the model still says {says}, and {person} with a probability of "
            f"{probabilities[list(model.classes).index(person)]:.2f}. Paint more, or elsewhere.",
        )
    if share > most:
        return Verdict(
            "wrong",
            f"the model says {person}, but {share:.0%} of the picture is painted; at most {most:.0%} is "
            "allowed. Leave a part of the wall as it is.",
        )
    return Verdict("right", f"the model says {person}, and {share:.0%} of the picture is painted.")
