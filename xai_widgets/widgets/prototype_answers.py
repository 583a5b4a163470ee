"""What a prototype viewer is answered with: the bill of a picture, and where its prototypes come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from xai_widgets.answers.estimate import Frame
from xai_widgets.answers.progress import Progress
from xai_widgets.concepts.prototypes.linear_head import LinearHead, linear_head
from xai_widgets.concepts.prototypes.prototypes import Likeness, Prototypes, Read, likeness, read
from xai_widgets.concepts.prototypes.sources import Sources
from xai_widgets.concepts.sight import Window
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array
from xai_widgets.session import View
from xai_widgets.widgets.files import Map
from xai_widgets.widgets.kept import Outputs
from xai_widgets.widgets.pictures import address
from xai_widgets.widgets.protocol import PrototypeHeader, PrototypeRow, TrainingPicture
from xai_widgets.widgets.prototype_choices import PrototypeChoices
from xai_widgets.widgets.prototype_code import prototype_code, prototype_sentence
from xai_widgets.widgets.prototype_state import PrototypeState
from xai_widgets.widgets.remembered import Remembered
from xai_widgets.widgets.weights import Weights

SHOWN = 6
"""So many prototypes are items of the bill, those that bring most; what the others bring is one item."""

CLASSES = 100
"""The scores of so many classes are told, those that are largest."""

LAYERS = 4
"""For so many layers is kept where their prototypes come from."""

READ = 256
"""Of so many pictures is kept what is like what."""

LOOKS = 4
"""While the training pictures are looked through, it is told so often what was found."""


@dataclass(frozen=True, eq=False, repr=False)
class Billed(Progress):
    """The bill of a picture.

    Attributes
    ----------
    found : Likeness
        Of the one picture, without a batch axis.
    target, contrast : int
        The class whose bill it is, and the one beside it; the same of a network with a single score.
    scores : array of shape (classes,)
        What the network itself says without those that are struck out.
    looked : int
        So many training pictures were looked at.
    evaluations, planned, change, final, state
        See `Progress`.
    """

    found: Likeness
    target: int
    contrast: int
    scores: Array
    looked: int

    @property
    def shown(self) -> list[int]:
        """The prototypes that bring most to either class, the first of them most."""
        most = np.maximum(np.abs(self.found.points(self.target)), np.abs(self.found.points(self.contrast)))
        return [int(place) for place in np.argsort(-most, kind="stable")[:SHOWN]]

    @property
    def nbytes(self) -> int:
        """About how much memory it takes to keep: what was found in training is shared by all pictures."""
        return int(self.scores.nbytes) + self.found.nbytes


class PrototypeAnswers:
    """What a state of a prototype viewer asks for.

    Parameters
    ----------
    choices : PrototypeChoices
    """

    def __init__(self, choices: PrototypeChoices) -> None:
        self.choices, self.models, self.source = choices, choices.models, choices.source
        self.weights = Weights(choices.models)
        self._heads = Remembered[LinearHead](LAYERS)
        self._sources = Remembered[Sources](LAYERS)
        self._read = Remembered[Read](READ)
        self._own = Remembered[Array](READ)
        for remembered in (self._heads, self._sources, self._read, self._own):
            self.weights.tell(remembered.forget)

    def code(self, state: PrototypeState) -> str:
        """Return the Python that asks the same."""
        return prototype_code(self.choices, state)

    def sentence(self, state: PrototypeState) -> str:
        """Return what is on the screen in a sentence."""
        return prototype_sentence(self.choices, state)

    def maps(self, state: PrototypeState, answers: Sequence[Billed]) -> list[Map]:
        """Return what each prototype brings to either class."""
        return [
            Map(state.network, self.choices.named.class_name(target), bill.found.points(target), bill.found.names)
            for bill in answers
            for target in dict.fromkeys((bill.target, bill.contrast))
        ]

    def outputs(self, state: PrototypeState) -> Outputs:
        """Return nothing: what is on the screen are scores."""
        return {}

    asked_outputs = outputs

    def views(self, state: PrototypeState) -> tuple[list[View], Sequence[int]]:
        """Return one view."""
        view = View(
            question=(state.network, state.layer, state.index, state.target, state.contrast, state.without),
            method=Prototypes(state.layer, None),
            stream=lambda _: self._stream(state),
            header=partial(self._header, state),
            frame=partial(self._frame, state),
            version=partial(self.weights.look, state.network),
        )
        return [view], range(1)

    def _stream(self, state: PrototypeState) -> Iterator[Billed | None]:
        """Read the picture, which makes the bill, and then look through the training pictures for the prototypes."""
        # Here, where the worker calls it: what is remembered may have been forgotten since the view was made.
        model, where = self.models[state.network], (state.network, state.layer)
        x = np.asarray(self.source.input(state.network, state.index).value)[None]
        head = self._heads.of(where, lambda: linear_head(model, state.layer, x))
        found = self._read.of((*where, state.index), lambda: read(model, state.layer, head, x))
        own = self._own.of((*where, state.index, state.without), lambda: self._without(model, state, x, found))
        sources = self._sources.of(where, lambda: Sources(model, state.layer, self.choices.trained(state.network)))
        size, told = len(sources.batch), sources.looked
        if told < size:
            yield self._billed(state, head, sources, x, found, own)
        while sources.looked < size:
            sources.look(sources.looked, min(sources.looked + sources.chunk, size))
            if sources.looked - told < size / LOOKS:
                yield None
            elif sources.looked < size:
                told = sources.looked
                yield self._billed(state, head, sources, x, found, own)
        yield self._billed(state, head, sources, x, found, own)

    def _without(self, model: Model, state: PrototypeState, x: Array, found: Read) -> Array:
        """Return what the network itself says without the prototypes that are struck out."""
        if not state.without:
            return np.asarray(found[2][0])
        return np.asarray(model.with_ablation(state.layer, list(state.without)).scores(x)[0])

    def _billed(
        self, state: PrototypeState, head: LinearHead, sources: Sources, x: Array, found: Read, own: Array
    ) -> Billed:
        scores = found[2][0]
        order = np.argsort(-scores, kind="stable").tolist()
        target = next(one for one in order if one != state.contrast) if state.target is None else state.target
        contrast = state.contrast
        if contrast is None:
            contrast = next((one for one in order if one != target), target)
        final = sources.looked == len(sources.batch)
        evaluations = 2 + sources.looked
        return Billed(
            evaluations=evaluations,
            planned=2 + len(sources.batch),
            final=final,
            found=likeness(
                head, sources, x, found, single=True, evaluations=evaluations, planned=evaluations, final=final
            ),
            target=target,
            contrast=contrast,
            scores=own,
            looked=sources.looked,
        )

    def _header(self, state: PrototypeState) -> PrototypeHeader:
        return {"state": state.as_dict(), "code": self.code(state)}

    def _frame(self, state: PrototypeState, bill: Billed, _: Sequence[Any]) -> Frame:
        """Return what a frame says: the bill, and the patches that its items are about."""
        found, sources = bill.found, bill.found.sources
        model, head = found.model, found.head
        asked = [bill.target, bill.contrast]
        best = np.argsort(-found.scores, kind="stable").tolist()
        classes = sorted({*best[:CLASSES], *asked})
        units = [*bill.shown, *(unit for unit in state.without if unit not in bill.shown)]
        grid = model.input.layout.grid
        seen = sorted({int(sources.rows[unit]) for unit in units}) if bill.looked else []
        weights = head.weights[classes].astype(np.float32)
        content: dict[str, Any] = {
            "shape": list(weights.shape),
            "classes": classes,
            "target": bill.target,
            "contrast": bill.contrast,
            "similarities": found.similarities.tolist(),
            "bias": head.bias[classes].tolist(),
            "scores": bill.scores[classes].tolist(),
            "shares": not (model.outputs == "values" or len(classes) < len(found.scores)),
            "rows": [self._row(found, unit, grid, bool(bill.looked)) for unit in units],
            "pictures": [self._picture(number) for number in seen],
            "looked": bill.looked,
            "pushed": sources.pushed if bill.final else None,
            "negative": bool(found.similarities.min() < 0 or sources.least < 0),
            "mean": head.pooling == "mean",
        }
        return content, [weights]

    def _row(self, found: Likeness, unit: int, grid: tuple[int, ...], looked: bool) -> PrototypeRow:
        that = found.that(unit) if looked else None
        return {
            "unit": unit,
            "name": found.names[unit],
            "this": shares(found.this(unit).window, grid),
            "that": [] if that is None else shares(that.window, grid),
            "picture": 0 if that is None else that.input,
        }

    def _picture(self, number: int) -> TrainingPicture:
        shown = self.choices.training.shown[number]
        pixels = np.asarray(shown)
        return {"number": number, "src": address(pixels), "width": pixels.shape[1], "height": pixels.shape[0]}


def shares(window: Window, grid: tuple[int, ...]) -> list[float]:
    """Return where a window begins and how large it is, as shares of the picture: left, top, width, height."""
    rows, columns = window
    height, width = grid
    found = (columns.start / width, rows.start / height)
    return [*found, (columns.stop - columns.start) / width, (rows.stop - rows.start) / height]
