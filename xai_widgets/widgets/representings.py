"""What a comparison of layers is answered with: the matrix of all pairs, and the clouds of the pair that is open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from xai_widgets.answers.estimate import Frame
from xai_widgets.answers.progress import Progress
from xai_widgets.answers.refine import refine
from xai_widgets.models.objective import Array
from xai_widgets.session import View
from xai_widgets.similarity.compare import BATCH, SEED, Comparing
from xai_widgets.similarity.comparison import Comparison
from xai_widgets.similarity.plane import cloud, laid_over
from xai_widgets.similarity.reading import Reading
from xai_widgets.widgets.files import Map
from xai_widgets.widgets.kept import Outputs
from xai_widgets.widgets.protocol import RepresentHeader
from xai_widgets.widgets.remembered import Remembered
from xai_widgets.widgets.represent_choices import RepresentChoices
from xai_widgets.widgets.represent_code import represent_code, represent_sentence
from xai_widgets.widgets.represent_state import RepresentState
from xai_widgets.widgets.weights import Weights

REMEMBERED = 32
"""So many comparisons, and clouds of layers, are kept."""


@dataclass(frozen=True, eq=False, repr=False)
class Represented(Progress):
    """How alike layers are, and the clouds of two of them.

    Attributes
    ----------
    comparison : Comparison
    clouds : array of shape (2, pictures, 2) or None
        Where each layer puts the pictures, within -1 and 1, the second turned as it lies on the first best; None while
        they are not known.
    explained : array of shape (2, 2) or None
        The share of each layer's variance that lies along each side of its cloud.
    evaluations, planned, change, final, state
        See `Progress`.
    """

    comparison: Comparison
    clouds: Array | None = None
    explained: Array | None = None

    @property
    def nbytes(self) -> int:
        """About how much memory it takes to keep."""
        return self.comparison.nbytes + (0 if self.clouds is None else self.clouds.nbytes)


class Representings:
    """What a state asks for.

    Parameters
    ----------
    choices : RepresentChoices
    """

    def __init__(self, choices: RepresentChoices) -> None:
        self.choices = choices
        self.weights = Weights(choices.models)
        self._compared = Remembered[list[Comparison]](REMEMBERED)
        self._clouds = Remembered[tuple[Array, Array]](REMEMBERED)
        for forget in (self._compared.forget, self._clouds.forget):
            self.weights.tell(forget)

    def code(self, state: RepresentState) -> str:
        """Return the Python that asks the same."""
        return represent_code(self.choices, state)

    def sentence(self, state: RepresentState) -> str:
        """Return what is on the screen in a sentence."""
        return represent_sentence(self.choices, state)

    def maps(self, state: RepresentState, answers: Sequence[Represented]) -> list[Map]:
        """Return the matrix."""
        return [Map(state.one, f"beside {state.other}", found.comparison.matrix) for found in answers]

    def outputs(self, state: RepresentState) -> Outputs:
        """Return nothing: layers are compared over many pictures."""
        return {}

    asked_outputs = outputs

    def views(self, state: RepresentState) -> tuple[list[View], Sequence[int]]:
        """Return one view."""
        view = View(
            question=(state.one, state.other, state.layer, state.beside),
            method=state.similarity,
            stream=lambda _: self._stream(state),
            header=partial(self._header, state),
            frame=_frame,
            version=partial(self._version, state.one, state.other),
        )
        return [view], range(1)

    def _version(self, one: str, other: str) -> tuple[str, str]:
        return self.weights.look(one), self.weights.look(other)

    def _stream(self, state: RepresentState) -> Iterator[Represented | None]:
        """Compare all layers, which shows most at once, and then look at two of them."""
        key = (state.one, state.other, state.similarity.key)
        # Here, where the worker calls it: what is remembered may have been forgotten since the view was made.
        known = self._compared.of(key, list)
        if not known:
            for compared in refine(self._comparing(state)):
                if compared is None or not compared.final:
                    yield None if compared is None else _found(compared, False)
                else:
                    known.append(compared)
        yield _found(known[0], False)
        sides = [self._cloud(state, *side) for side in ((state.one, state.layer), (state.other, state.beside))]
        (first, shares), (second, others) = sides
        clouds = np.stack([_sized(first), _sized(laid_over(second, first))])
        yield _found(known[0], True, clouds, np.stack([shares, others]))

    def _comparing(self, state: RepresentState) -> Comparing:
        places, layers = state.similarity.places, self.choices.layers
        one = Reading(self.choices.models[state.one], self.choices.batches[state.one], layers[state.one], places)
        other = one
        if state.other != state.one:
            batch = self.choices.batches[state.other]
            other = Reading(self.choices.models[state.other], batch, layers[state.other], places)
        return Comparing(state.similarity, one, other, BATCH.default, SEED.default)

    def _cloud(self, state: RepresentState, network: str, layer: str) -> tuple[Array, Array]:
        """Return where a layer puts the pictures, and the share of its variance that this tells."""
        places = state.similarity.places

        def read() -> tuple[Array, Array]:
            reading = Reading(self.choices.models[network], self.choices.batches[network], [layer], places)
            numbers, chunk = np.arange(len(self.choices.source)), 32
            pieces = [reading.read(numbers[start : start + chunk])[0] for start in range(0, len(numbers), chunk)]
            return cloud(np.concatenate(pieces))

        return self._clouds.of((network, layer, places), read)

    def _header(self, state: RepresentState) -> RepresentHeader:
        layers = self.choices.layers
        return {
            "state": state.as_dict(),
            "code": self.code(state),
            "rows": layers[state.one],
            "columns": layers[state.other],
        }


def _frame(found: Represented, _: Sequence[Any]) -> Frame:
    """Return what a frame says: the matrices, and the clouds as far as they are known."""
    compared = found.comparison
    content = {
        "matrix": _in_json(compared.matrix),
        "errors": _in_json(compared.standard_error),
        "independent": _in_json(compared.independent),
        "inputs": compared.inputs,
        "warning": compared.warning,
        "explained": [] if found.explained is None else found.explained.tolist(),
    }
    clouds = np.zeros((2, 0, 2)) if found.clouds is None else found.clouds
    return content, [clouds.astype(np.float32)]


def _in_json(matrix: Array) -> list[list[float | None]]:
    return [[float(value) if np.isfinite(value) else None for value in row] for row in matrix]


def _sized(cloud: Array) -> Array:
    """Return a cloud in the middle of a square, which reaches to 1."""
    middled: Array = cloud - (cloud.max(axis=0) + cloud.min(axis=0)) / 2
    largest = np.abs(middled).max(initial=0)
    return middled / largest if largest else middled


def _found(
    compared: Comparison, final: bool, clouds: Array | None = None, explained: Array | None = None
) -> Represented:
    return Represented(
        evaluations=compared.evaluations,
        planned=compared.planned,
        change=compared.change,
        final=final,
        comparison=compared,
        clouds=clouds,
        explained=explained,
    )
