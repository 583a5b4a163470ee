"""Coverage: which of the concepts of a picture an explanation lies on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.attribution.result import Attribution
from xai_widgets.errors import InputError, InputTypeError, shown
from xai_widgets.evaluation.erasure import planes_of
from xai_widgets.models.arrays import as_array
from xai_widgets.models.objective import Array
from xai_widgets.option import Option, Optioned

KEPT = Option(
    default=0.05,
    kind="number",
    label="Kept",
    sentence="How large a share of the places counts, those with the largest values.",
    minimum=0,
    maximum=1,
    slider=(0.01, 0.5),
    step=0.01,
    unit="share",
)


@dataclass(frozen=True, eq=False, repr=False)
class CoverageTable:
    """How far explanations of each class lie on each concept; made by `ConceptCoverage`.

    Attributes
    ----------
    classes : array of int of shape (classes,)
    concepts : tuple of str
    iou : array of shape (classes, concepts)
        The mean over the pictures of a class that have the concept; nan where none has.
    frequencies : array of shape (classes, concepts)
        In how large a share of the pictures of a class the concept occurs.

    Examples
    --------
    >>> masks = {"top": np.arange(64).reshape(8, 8) < 32}
    >>> found = xai.ConceptCoverage()(xai.Saliency()(model, batch), masks, labels=[0, 1, 2, 0, 1, 2])
    >>> found.iou.shape, found.concepts
    ((3, 1), ('top',))
    """

    classes: Array
    concepts: tuple[str, ...]
    iou: Array
    frequencies: Array

    @property
    def value(self) -> float:
        """The mean of `iou` over classes and concepts, weighted by how often each concept occurs."""
        weights = np.where(np.isfinite(self.iou), self.frequencies, 0.0)
        return float((np.nan_to_num(self.iou) * weights).sum() / weights.sum())

    def __repr__(self) -> str:
        best = np.argsort(-np.nan_to_num(self.iou), axis=1)[:, 0]
        rows = zip(self.classes, best, self.iou[np.arange(len(best)), best], strict=True)
        said = ", ".join(f"class {label} {self.concepts[place]} {iou:.2f}" for label, place, iou in rows)
        return f"coverage {self.value:.3f} (frequency-weighted IoU); most of all: {said}"


@dataclass(frozen=True, kw_only=True, eq=False)
class ConceptCoverage(Optioned):
    """Says on which annotated concepts explanations lie: the IoU of their largest values with each concept's mask.

    It is the frequency-weighted IoU over classes and concepts, in the manner of the semantic coverage of
    Behzadi-Khormouji and Oramas 2023, whose own weights may be others.

    Parameters
    ----------
    kept : float, default 0.05
        How large a share of the places counts, those with the largest values; slopes by their size.

    References
    ----------
    Behzadi-Khormouji, Oramas (2023), A Protocol for Evaluating Model Interpretation Methods from Visual Explanations.

    Examples
    --------
    >>> masks = {"top": np.arange(64).reshape(8, 8) < 32}
    >>> found = xai.ConceptCoverage(kept=0.5)(xai.Saliency()(model, batch), masks, labels=[0, 1, 2, 0, 1, 2])
    >>> 0 <= found.value <= 1
    True
    """

    kept: float = KEPT.field()

    def __call__(self, judged: Attribution, concepts: Mapping[str, ArrayLike], labels: ArrayLike) -> CoverageTable:
        """Return how far the explanations of each class lie on each concept.

        Parameters
        ----------
        judged : Attribution
            Explanations of a batch.
        concepts : dict of str to array of bool of shape (batch, *places), or (*places)
            Where each concept is; nowhere where a picture has it not.
        labels : array of int of shape (batch,)
            The class of each picture.

        Returns
        -------
        CoverageTable

        Raises
        ------
        ValueError, TypeError
            If something does not fit.

        Examples
        --------
        >>> masks = {"top": np.arange(64).reshape(8, 8) < 32}
        >>> xai.ConceptCoverage()(xai.Saliency()(model, batch), masks, labels=[0, 1, 2, 0, 1, 2]).classes.tolist()
        [0, 1, 2]
        """
        if not isinstance(judged, Attribution) or judged.question.single:
            raise InputTypeError(f"Found {shown(judged)}; expected the explanations of a batch, Saliency()(model, x).")
        planes = planes_of(judged)[0]
        masks = checked_concepts(concepts, planes.shape)
        classes, belongs = np.unique(_labels(labels, len(planes)), return_inverse=True)
        flat = planes.reshape(len(planes), -1)
        count = max(1, round(self.kept * flat.shape[1]))
        hot = np.zeros(flat.shape, bool)
        np.put_along_axis(hot, np.argsort(-flat, axis=1, kind="stable")[:, :count], True, axis=1)
        iou = np.full((len(classes), len(masks)), np.nan)
        frequencies = np.zeros((len(classes), len(masks)))
        for column, mask in enumerate(masks.values()):
            there = mask.reshape(len(planes), -1)
            has: Array = np.asarray(there.any(axis=1))
            each = (hot & there).sum(axis=1) / (hot | there).sum(axis=1)
            for row in range(len(classes)):
                own: Array = np.asarray(belongs == row)
                frequencies[row, column] = has[own].mean()
                if (own & has).any():
                    iou[row, column] = each[own & has].mean()
        return CoverageTable(classes, tuple(masks), iou, frequencies)


def checked_concepts(concepts: Any, shape: tuple[int, ...]) -> dict[str, Array]:
    """Return the masks of concepts in inputs with places of this shape, (batch, *places), or say what is wrong."""
    if not isinstance(concepts, Mapping) or not concepts:
        raise InputTypeError(f"concepts is {shown(concepts)}; expected a dict of masks by their names.")
    found = {}
    for name, mask in concepts.items():
        array = as_array(mask)
        if array.dtype.kind != "b" or array.shape not in (shape, shape[1:]):
            raise InputError(
                f"The mask of {name!r} is {array.dtype} of shape {array.shape}; expected bool of shape {shape} or "
                f"{shape[1:]}."
            )
        found[str(name)] = np.broadcast_to(array, shape)
    if not any(mask.any() for mask in found.values()):
        raise InputError("No concept is anywhere in the pictures; expected one that is.")
    return found


def _labels(labels: ArrayLike, count: int) -> Array:
    found: Array = np.asarray(labels)
    if found.dtype.kind not in "iu":
        raise InputTypeError(f"labels is {shown(labels)}; expected the number of the class of each picture.")
    if found.shape != (count,):
        raise InputError(f"labels has shape {found.shape}; expected ({count},).")
    return found
