"""What a comparison of the layers of two networks has found."""

from __future__ import annotations

import html
from dataclasses import dataclass

import numpy as np

from xai_widgets.answers.progress import Progress
from xai_widgets.errors import unknown_name
from xai_widgets.models.objective import Array
from xai_widgets.similarity.index import Index


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Comparison(Progress):
    """How alike the layers of two networks are; made by `compare`.

    Attributes
    ----------
    index : Index
        What says so.
    layers : (tuple of str, tuple of str)
        The layers of the first network, the rows of `matrix`, and those of the second, its columns.
    matrix : array of shape (layers of the first, layers of the second)
        The index of each pair; nan where a layer says the same of all inputs.
    standard_error : array of the shape of `matrix`
        Over inputs: the jackknife over groups of batches. nan for one batch, and while it would take long to know it.
    independent : array of the shape of `matrix`
        What the index says where each input of the first network stands beside another input of the second, so that
        there is nothing to find: what it says of layers means as much as it lies above.
    inputs, batch : int
        Over how many inputs these are so far, and how many were in a batch.
    features : (tuple of int, tuple of int)
        How many numbers each layer says of an input.
    warning : str
        Why there are too few inputs for the index to say something, "" where there is no such reason.

    Examples
    --------
    >>> found = xai.compare(model, model.randomised(), batch)
    >>> found.matrix.shape == found.independent.shape == (7, 7)
    True
    """

    index: Index
    layers: tuple[tuple[str, ...], tuple[str, ...]]
    matrix: Array
    standard_error: Array
    independent: Array
    inputs: int
    batch: int
    features: tuple[tuple[int, ...], tuple[int, ...]]
    warning: str = ""

    @property
    def best(self) -> tuple[str, ...]:
        """The layer of the second network that each layer of the first is most like."""
        rows = np.where(np.isnan(self.matrix), -np.inf, self.matrix)
        return tuple(self.layers[1][place] for place in rows.argmax(axis=1))

    def of(self, one: str, other: str) -> float:
        """Return the index of a pair of layers, by their names.

        Parameters
        ----------
        one, other : str
            A layer of the first network, and one of the second.

        Raises
        ------
        ValueError
            If these were not compared.
        """
        for name, known in zip((one, other), self.layers, strict=True):
            if name not in known:
                raise unknown_name("layer", name, known)
        return float(self.matrix[self.layers[0].index(one), self.layers[1].index(other)])

    @property
    def nbytes(self) -> int:
        return 3 * self.matrix.nbytes

    def __repr__(self) -> str:
        rows, columns = self.matrix.shape
        known = self.matrix[np.isfinite(self.matrix)]
        span = f"from {known.min():.2f} to {known.max():.2f}" if known.size else "not known"
        chance = self.independent[np.isfinite(self.independent)]
        beside = f", {chance.mean():.2f} on average where inputs are shuffled" if chance.size else ""
        warning = f"; {self.warning}" if self.warning else ""
        return (
            f"{self.index.label} of {rows} x {columns} layers on {self.inputs} inputs in batches of {self.batch}, "
            f"places {self.index.places}: {span}{beside}{warning} ({self.evaluations} evaluations)"
        )

    def _repr_html_(self) -> str:
        """Return the table that a notebook shows: the darker, the more alike."""
        heads = "".join(f"<th>{html.escape(name)}</th>" for name in self.layers[1])
        rows = []
        for name, values in zip(self.layers[0], self.matrix, strict=True):
            cells = "".join(f'<td style="{_shade(value)}">{_in_words(value)}</td>' for value in values)
            rows.append(f"<tr><th>{html.escape(name)}</th>{cells}</tr>")
        return f"<table><tr><th></th>{heads}</tr>{''.join(rows)}</table><p>{html.escape(repr(self))}</p>"


def _in_words(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.2f}"


def _shade(value: float) -> str:
    """Return a style: a blue that is stronger for larger values, with letters that can be read on it."""
    if np.isnan(value):
        return "opacity: 0.5"
    strength = float(np.clip(value, 0, 1))
    return f"background: rgba(33, 102, 172, {strength:.2f}){'; color: white' if strength > 0.55 else ''}"
