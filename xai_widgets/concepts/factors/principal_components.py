"""Principal components: the directions along which activations vary most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_widgets.answers.refine import Sampler
from xai_widgets.answers.registry import register
from xai_widgets.concepts.factors.factors import Factoring, Factors, Rows
from xai_widgets.errors import InputError
from xai_widgets.models.objective import Array
from xai_widgets.option import Option

COUNT = Option(
    default=2,
    kind="integer",
    label="Directions",
    sentence="How many directions there are.",
    minimum=1,
    maximum=65536,
    slider=(1, 16),
    step=1,
    unit="directions",
)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PrincipalFactors(Factors):
    """The directions along which activations vary most; made by `PrincipalComponents`.

    Attributes
    ----------
    explained : array of shape (features,)
        The share of the variance that lies along each direction, falling.

    Examples
    --------
    >>> found = xai.PrincipalComponents(count=2)(model, batch, layer="dense")
    >>> bool(np.isclose(found.explained.sum(), 1 - found.unexplained))
    True
    """

    explained: Array

    @property
    def coordinates(self) -> Array:
        """Where each row lies along the directions, (rows, features): its codes."""
        return self.codes

    def _codes(self, rows: Array) -> Array:
        codes: Array = (rows - self.centre) @ self.dictionary.T
        return codes


class Decomposition(Sampler[PrincipalFactors]):
    """Reads the rows, and takes them apart at once."""

    size = chunk = 1

    def __init__(self, count: int, rows: Rows) -> None:
        self.count, self.rows = count, rows

    def start(self) -> Iterator[None]:
        yield from self.rows.read()
        self.evaluations = self.rows.evaluations

    def draw(self, start: int, stop: int) -> None:
        rows = self.rows.matrix
        most = min(rows.shape)
        if self.count > most:
            raise InputError(f"count is {self.count}; expected at most {most}, for rows of shape {rows.shape}.")
        self.centre = self.rows.mean
        # The triangle of the QR decomposition has the same singular values and directions, and is small.
        _, lengths, directions = np.linalg.svd(np.linalg.qr(rows - self.centre, mode="r"), full_matrices=False)
        shares = lengths**2 / (lengths**2).sum()
        largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=1)[:, None], axis=1)
        self.directions = (directions * np.where(largest < 0, -1, 1))[: self.count]
        self.shares, self.rest = shares[: self.count], float(shares[self.count :].sum())

    def values(self) -> Array:
        return self.directions

    def answer(self, values: Array, **progress: Any) -> PrincipalFactors:
        return PrincipalFactors(
            dictionary=values,
            centre=self.centre,
            explained=self.shares,
            unexplained=self.rest,
            rows=self.rows,
            **progress,
        )

    @property
    def left(self) -> int:
        return 0


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class PrincipalComponents(Factoring[PrincipalFactors]):
    """The directions along which the activations of a layer vary most, each at right angles to those before.

    The rows are the activations at each place of each input. Their mean is taken off; the decomposition is in double
    precision. A direction and its opposite are as good: the largest loading of each is positive.

    Parameters
    ----------
    count : int, default 2
        How many directions there are.

    References
    ----------
    Pearson (1901), On Lines and Planes of Closest Fit to Systems of Points in Space.

    Examples
    --------
    >>> found = xai.PrincipalComponents(count=2)(model, batch, layer="dense")
    >>> found.coordinates.shape, found.dictionary.shape
    ((6, 2), (2, 3))
    """

    count: int = COUNT.field()

    name = "principal_components"
    label = "Principal components"
    sentence = "The directions along which the activations of a layer vary most."
    reference = "Pearson 1901"

    def _sampler(self, rows: Rows, resume: Any) -> Decomposition:
        return Decomposition(self.count, rows)
