"""Maps that know nothing of the network, and those that know the answer: what methods are compared with."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.question import Question
from xai_widgets.answers.refine import Sampler
from xai_widgets.attribution.description import Measure
from xai_widgets.attribution.gradients.noise import SEED
from xai_widgets.attribution.method import Method, Once
from xai_widgets.attribution.result import Attribution
from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.evaluation.erasure import planes_of
from xai_widgets.models.arrays import as_array
from xai_widgets.models.layout import Layout
from xai_widgets.models.objective import Array
from xai_widgets.option import Option


class Control(Method):
    """A map that is made without asking the network, so that whatever judges maps can judge it, too."""

    family = "perturbation"
    reference = ""

    @property
    def kind(self) -> Measure:
        return "weight"

    @abstractmethod
    def planes(self, layout: Layout, count: int) -> Array:
        """Return a map for each of so many inputs, (count, *places)."""

    def _sampler(self, question: Question, state: Any) -> Sampler[Attribution]:
        return Made(self, question)


class Made(Once):
    """Lays a map over the input: each element of a place has an equal part of it."""

    method: Control

    def found(self) -> Array:
        whole = self.question.model.input
        laid = [
            np.broadcast_to(piece.layout.spread(planes) / piece.layout.channels, (self.count, *piece.layout.shape))
            for piece in whole.pieces
            for planes in [self.method.planes(piece.layout, self.count)]
        ]
        return whole.packed(laid).astype(np.float32)


@dataclass(frozen=True, kw_only=True, eq=False)
class RandomMap(Control):
    """Noise, which is the same for every input: what has learnt nothing, for methods to be compared with.

    Parameters
    ----------
    seed : int, default 0

    Examples
    --------
    >>> chance = xai.Insertion(steps=8)(model, x, method=xai.RandomMap())
    >>> 0 <= chance.value <= 1
    True
    """

    seed: int = SEED.field()

    name = "random"
    label = "random map"
    sentence = "Noise."

    def planes(self, layout: Layout, count: int) -> Array:
        plane = np.random.default_rng((self.seed, 5)).random(layout.grid)
        return np.broadcast_to(plane, (count, *layout.grid))


@dataclass(frozen=True, kw_only=True, eq=False)
class CentreBlob(Control):
    """A bell in the middle, where things often are: its standard deviation is a quarter of each side.

    Examples
    --------
    >>> blob = xai.CentreBlob()(model, x).map
    >>> bool(blob[4, 4] > blob[0, 0] > 0)
    True
    """

    name = "blob"
    label = "centre blob"
    sentence = "A bell in the middle."

    def planes(self, layout: Layout, count: int) -> Array:
        lines = [(np.arange(size) + 0.5) / size - 0.5 for size in layout.grid]
        away = sum(line**2 for line in np.meshgrid(*lines, indexing="ij"))
        return np.broadcast_to(np.exp(-np.asarray(away) / (2 * 0.25**2)), (count, *layout.grid))


def _checked_masks(value: Any) -> Array:
    array = as_array(value)
    if array.dtype.kind not in "biuf" or array.ndim == 0 or not np.isfinite(array).all():
        raise InputTypeError(f"masks is {shown(value)}; expected an array of bool, True where what matters is.")
    return array


MASKS = Option(default=None, kind="choice", label="Masks", sentence="Where what matters is.", other=_checked_masks)


@dataclass(frozen=True, kw_only=True, eq=False)
class TrueMask(Control):
    """The mask of what is known to matter, as a map: how good an answer that is right would be.

    Parameters
    ----------
    masks : array of bool of shape (H, W), or (batch, H, W)
        Where what matters is, 1 or True there.

    Examples
    --------
    >>> mask = np.zeros((8, 8), bool)
    >>> mask[2:6, 2:6] = True
    >>> bool((xai.TrueMask(masks=mask)(model, x).map == mask).all())
    True
    """

    masks: ArrayLike = field(metadata={"option": MASKS})

    name = "mask"
    label = "true mask"
    sentence = "The mask of what is known to matter."

    def planes(self, layout: Layout, count: int) -> Array:
        masks = np.asarray(self.masks, np.float64)
        if masks.shape not in (layout.grid, (count, *layout.grid)):
            raise InputError(
                f"masks has shape {masks.shape}; expected {layout.grid}, the places of an input, or one for each of "
                f"the {count} inputs, {(count, *layout.grid)}."
            )
        return np.broadcast_to(masks, (count, *layout.grid))


def on_the_input(judged: Attribution) -> Attribution:
    """Return an explanation as its map lies over the input: one of a layer becomes weights of the input's elements.

    So it is asked what controls are asked, as in comparisons by Gevaert et al. 2022 and, where one wishes, by Quantus
    (Hedström et al. 2023), which upsample maps of layers before they are judged. A slope of a layer weighs its size.
    """
    question = judged.question
    if question.cut.layer is None:
        return judged
    (planes,) = planes_of(judged)
    *_, found = TrueMask(masks=planes).steps_to(question.at(None))
    if found is None:
        raise RuntimeError("A map that is given ended without an answer.")
    return found
