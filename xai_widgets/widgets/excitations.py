"""What an exciter is answered with: a picture that grows, what networks say of it, and how rough it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from xai_widgets.answers.estimate import Frame
from xai_widgets.answers.progress import Progress
from xai_widgets.concepts.moving.activation_maximisation import Excitation
from xai_widgets.concepts.moving.feature_inversion import FeatureInversion, Inversion
from xai_widgets.concepts.moving.moving import roughness
from xai_widgets.errors import InputError
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array
from xai_widgets.session import View
from xai_widgets.widgets.excite_choices import ExciteChoices
from xai_widgets.widgets.excite_code import excite_code, excite_sentence, what
from xai_widgets.widgets.excite_state import ExciteState
from xai_widgets.widgets.files import Map
from xai_widgets.widgets.form import Form
from xai_widgets.widgets.kept import Outputs
from xai_widgets.widgets.predictions import prediction
from xai_widgets.widgets.protocol import ExciteHeader, InversionRow, NetworkRow, Prediction
from xai_widgets.widgets.quantities import channel_count
from xai_widgets.widgets.remembered import Remembered
from xai_widgets.widgets.weights import Weights

EAGER = 12
"""So many steps are shown one by one: at first each of them changes the picture."""

APART = 4
"""So many lie between two pictures from then on."""

MOST_SHOWN = 8
"""So many starts are shown at most."""

COMPARED = 64
"""The roughness of so many of the given pictures is told."""

REMEMBERED = 16
"""For so many pictures is kept how well layers were met."""


@dataclass(frozen=True, eq=False, repr=False)
class Excited(Progress):
    """A picture on its way, and what networks say of it.

    Attributes
    ----------
    found : Excitation or Inversion
    says : dict of str to array of shape (classes,)
        By network, the one that is excited or inverted first.
    evaluations, planned, change, final, state
        See `Progress`.
    """

    found: Excitation | Inversion
    says: dict[str, Array]

    @property
    def nbytes(self) -> int:
        """About how much memory it takes to keep."""
        return self.found.nbytes


class Excitations:
    """What a state of an exciter asks for.

    Parameters
    ----------
    choices : ExciteChoices
    """

    def __init__(self, choices: ExciteChoices) -> None:
        self.choices, self.models, self.source = choices, choices.models, choices.source
        self.weights = Weights(choices.models)
        self._met = Remembered[dict[str, InversionRow]](REMEMBERED)
        self._real = Remembered[list[float]](1)
        self.weights.tell(self._met.forget)

    def code(self, state: ExciteState) -> str:
        """Return the Python that asks the same."""
        return excite_code(self.choices, state)

    def sentence(self, state: ExciteState) -> str:
        """Return what is on the screen in a sentence."""
        return excite_sentence(self.choices, state)

    def maps(self, state: ExciteState, answers: Sequence[Excited]) -> list[Map]:
        """Return the picture as the network takes it, and what became of each start."""
        model = self.models[state.network]
        found = [(state.mover.label, one.found.values) for one in answers]
        for one in answers:
            if isinstance(one.found, Excitation):
                found += [(f"start {number}", values) for number, values in enumerate(one.found.starts)]
            else:
                found.append((f"picture {state.index + 1}", one.found.x))
        return [Map(state.network, title, model.input.channels_last(values)) for title, values in found]

    def outputs(self, state: ExciteState) -> Outputs:
        """Return nothing: what is asked is no answer to a picture that was given."""
        return {}

    asked_outputs = outputs

    def views(self, state: ExciteState) -> tuple[list[View], Sequence[int]]:
        """Return one view."""
        place = (state.layer,) if state.inverts else (state.layer, state.channel)
        asked = place if state.inverts or state.channel is not None else (state.target,)
        view = View(
            question=(state.network, *asked, state.index if state.begins_with_picture else None),
            method=state.mover,
            stream=lambda _: self._stream(state),
            header=partial(self._header, state),
            frame=partial(self._frame, state),
            version=self._version,
        )
        return [view], range(1)

    def _version(self) -> tuple[str, ...]:
        return tuple([self.weights.look(name) for name in self.models])

    def _stream(self, state: ExciteState) -> Iterator[Excited | None]:
        """Move the picture step by step, and ask all networks of it now and then."""
        model = self.models[state.network]
        x = self.source.input(state.network, state.index).value
        steps: Iterator[Excitation | Inversion]
        if isinstance(state.mover, FeatureInversion):
            steps = state.mover.stream(model, x, state.layer)
        else:
            steps = state.mover.stream(model, self.choices.quantity(state), x if state.begins_with_picture else None)
        for found in steps:
            if found.steps > EAGER and found.steps % APART and not found.final:
                yield None
                continue
            yield Excited(
                found=found,
                says=self._asked(state, found.values),
                evaluations=found.evaluations,
                planned=found.planned,
                change=found.change,
                final=found.final,
            )

    def _asked(self, state: ExciteState, values: Array) -> dict[str, Array]:
        """Return what all networks say of an input of the one that is excited, which comes first."""
        parts = parts_of(self.models[state.network], values)
        order = sorted(self.models, key=lambda name: name != state.network)
        return {name: self.models[name].shares(taken(self.models[name], parts))[0] for name in order}

    def _header(self, state: ExciteState) -> ExciteHeader:
        model = self.models[state.network]
        try:
            channels = channel_count(model, state.layer) if state.layer else 0
        except InputError:  # What its axes are is not known: it has no channels to choose from.
            channels = 0
        return {
            "state": state.as_dict(),
            "code": self.code(state),
            "channels": channels,
            "quantity": what(self.choices, state),
            "real": self._real.of((), self._rough),
        }

    def _rough(self) -> list[float]:
        """Return the least, the middle and the largest roughness of the pictures that were given."""
        name, model = next(iter(self.models.items()))
        given = [self.source.input(name, index).value for index in range(min(len(self.source), COMPARED))]
        found: list[float] = np.quantile(roughness(model, np.stack(given)), (0, 0.5, 1)).tolist()
        return found

    def _frame(self, state: ExciteState, answer: Excited, _: Sequence[Any]) -> Frame:
        """Return what a frame says: the picture as it is now, and what is to be known of it."""
        found, model = answer.found, self.models[state.network]
        content: dict[str, Any] = {
            "steps": found.steps,
            "most": state.mover.steps,
            "says": [
                NetworkRow(network=name, predictions=self._rows(state, said)) for name, said in answer.says.items()
            ],
            "scores": [],
            "error": None,
            "correlation": None,
            "met": [],
            "best": 0,
        }
        if isinstance(found, Excitation):
            shown = starts_shown(found)
            inputs = found.starts[shown]
            content |= {"scores": found.scores[shown].tolist(), "best": shown.index(found.best)}
            content["roughness"] = found.roughness
        else:
            inputs = found.values[None]
            error, correlation = float(found.error), float(found.correlation)
            met = self._met.of((state.network, state.index, state.mover.key), dict)
            if answer.final:
                met[state.layer] = {"layer": state.layer, "error": error, "correlation": correlation}
            order = [layer for layer in model.layers if layer in met]
            content |= {"error": error, "correlation": correlation, "met": [met[layer] for layer in order]}
            content["roughness"] = float(roughness(model, inputs)[0])
        pictures = np.stack([parts_of(model, one) for one in inputs])
        return {**content, "shape": list(pictures.shape)}, [pictures]

    def _says(self, state: ExciteState, answer: Excited) -> list[NetworkRow]:
        return [{"network": name, "predictions": self._rows(state, said)} for name, said in answer.says.items()]

    def _rows(self, state: ExciteState, said: Array) -> list[Prediction]:
        """Return the classes that a network thinks of first, and the one that is asked for."""
        named = self.choices.named
        order = np.argsort(-said, kind="stable").tolist()
        return [
            prediction(index, named.class_name(index), said[index], named.outputs)
            for place, index in enumerate(order)
            if place < MOST_SHOWN or index == state.target
        ]


def starts_shown(found: Excitation) -> list[int]:
    """Return the starts that are shown: the first ones, and the best."""
    first = list(range(min(len(found.starts), MOST_SHOWN)))
    return first if found.best in first else [*first[:-1], found.best]


def parts_of(model: Model, values: Array) -> Array:
    """Return an input as a picture (height, width, channels), in parts of the range of values."""
    low, high = model.bounds or (0, 1)
    found: Array = np.atleast_3d(model.input.channels_last(np.asarray(values, np.float64)))
    return (found - low) / (high - low)


def taken(model: Model, parts: Array) -> Array:
    """Return such a picture as a model takes it."""
    low, high = model.bounds or (0, 1)
    form = Form.of(model)
    values = low + (high - low) * parts
    laid = values[..., 0] if form.axis is None else np.moveaxis(values, -1, form.axis)
    return np.ascontiguousarray(laid, dtype=model.dtype)
