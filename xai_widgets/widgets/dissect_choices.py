"""What there is to choose from where the units of a network are compared with concepts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.attribution.layer import has_space, last_layer_with_space
from xai_widgets.concepts.dissection.network_dissection import NetworkDissection
from xai_widgets.concepts.labels import checked_labels
from xai_widgets.errors import InputError, InputTypeError, shown, unknown_name
from xai_widgets.evaluation.coverage import checked_concepts
from xai_widgets.models.objective import Array
from xai_widgets.option import Option
from xai_widgets.widgets.choices import Choices, mapping
from xai_widgets.widgets.dissect_state import DissectState, Formula
from xai_widgets.widgets.numbers import checked_number, checked_numbers
from xai_widgets.widgets.protocol import DISSECTING_TRAITS

MOST_SHOWN = 6
"""So many of the pictures at which a unit says most are shown."""

MOST_LEAVES = 4
"""A formula of more concepts says less and less."""

FIRST = ("", "not")
"""What may stand before the first concept."""

JOINS = ("or", "and", "and not", "or not")
"""What joins a concept to those before it."""


class DissectChoices:
    """What there is to choose from, and what follows from a choice.

    Parameters
    ----------
    choices : Choices
        Of pictures, for one model.
    concepts : dict of str to array of bool of shape (pictures, H, W)
        Where each concept is.
    labels : array of int of shape (pictures,), optional
        The classes that are right.

    Raises
    ------
    ValueError, TypeError
        If there are several models or a single picture, something that is no picture, or concepts that do not fit.
    """

    def __init__(self, choices: Choices, concepts: Mapping[str, ArrayLike], labels: ArrayLike | None) -> None:
        self.choices = choices
        self.models, self.named = choices.models, choices.named
        self.refusals, self.counted = choices.refusals, choices.counted
        if len(self.models) > 1:
            raise InputError(f"Found {len(self.models)} models; expected one, whose units are looked at.")
        ((self.name, self.model),) = self.models.items()
        self.source = choices.source
        if self.source.seen(0) is None or len(self.source) < 2:
            raise InputError("units() compares units with concepts over many pictures; expected at least two of them.")
        self.concepts = checked_concepts(concepts, (len(self.source), *self.model.input.pieces[0].layout.grid))
        self.labels = None if labels is None else checked_labels(labels, len(self.source), self.model)
        self.has_answers = not (self.model.segmentation or self.model.outputs == "values")
        """Whether it answers with one class for each picture, so that answers can be compared."""
        self.layers = [layer for layer in choices.layers if has_space(self.model.at(layer))]
        if not self.layers:
            raise InputError(
                "The network has no layer whose units stand at places of the picture; expected a convolutional network "
                "or a transformer."
            )
        self._first = NetworkDissection(self.concepts)
        self.batch: Array = np.stack([self.source.input(self.name, index).value for index in range(len(self.source))])
        """The pictures as the network takes them."""

    @property
    def options(self) -> Sequence[Option]:
        """The options of the comparison."""
        return [option for option in NetworkDissection.options() if option.shown]

    def first(self) -> DissectState:
        """Return the state to start from: the last layer with places, and its unit that a concept fits best."""
        layer = last_layer_with_space(self.model)
        layer = layer if layer in self.layers else self.layers[-1]
        return DissectState(self.source, 0, self._first, layer, None, (), ())

    def remember(self, state: DissectState) -> None:
        """Take note of what is in view: nothing comes back here."""

    def changed(self, state: DissectState, changes: Mapping[str, Any]) -> DissectState:
        """Return `state` with some fields changed, checked as a whole.

        Another layer has other units: the one that a concept fits best comes into view, and none is out.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose.
        """
        for name in changes:
            if name not in DISSECTING_TRAITS:
                raise unknown_name("choice", name, DISSECTING_TRAITS)
        if changes.get("method", NetworkDissection.name) != NetworkDissection.name:
            raise unknown_name("method", changes["method"], [NetworkDissection.name])
        if "layer" in changes and changes["layer"] != state.layer:
            state = replace(state, layer=self._layer(changes["layer"]), unit=None, formula=(), without=(), index=0)
        count = self.model.at(state.layer).layout.channels
        if "unit" in changes:
            unit = None if changes["unit"] is None else checked_number(changes["unit"], count, "unit")
            state = state if unit == state.unit else replace(state, unit=unit, formula=(), index=0)
        made: dict[str, Any] = {}
        if "index" in changes:
            made["index"] = checked_number(changes["index"], min(MOST_SHOWN, len(self.source)), "index")
        if "formula" in changes:
            made["formula"] = self._formula(changes["formula"])
        if "without" in changes:
            made["without"] = checked_numbers(changes["without"], count, "unit")
        options = {**state.options, **mapping(changes.get("options", {}))}
        if options != dict(state.options):
            known = [option.name for option in self.options]
            for name in options:
                if name not in known:
                    raise unknown_name("option", name, known)
            made["dissection"] = NetworkDissection(self.concepts, **options)
        return replace(state, **made)

    def catalogue(self) -> dict[str, Any]:
        """Return what the front end needs beside what it needs for explanations."""
        described = [self.source.described(option) for option in self.options]
        method = {
            "name": NetworkDissection.name,
            "label": NetworkDissection.label,
            "sentence": NetworkDissection.sentence,
            "reference": NetworkDissection.reference,
            "family": "",
            "alike": "",
            "takes_layer": True,
            "needs_layer": True,
            "options": described,
        }
        return {
            "layers": self.layers,
            "methods": [method],
            "families": [],
            "concepts": list(self.concepts),
            "labelled": self.labels is not None,
            "drawing": [],
            "adds": None,
        }

    def _layer(self, layer: Any) -> str:
        if not isinstance(layer, str) or layer not in self.layers:
            raise unknown_name("layer with places", layer, self.layers)
        return layer

    def _formula(self, given: Any) -> Formula:
        """Return a formula as it was given: a list of pairs, or words such as "centre or white and not pot"."""
        steps = _from_words(given) if isinstance(given, str) else given
        if not isinstance(steps, Sequence) or len(steps) > MOST_LEAVES:
            raise InputTypeError(
                f"formula is {shown(given)}; expected at most {MOST_LEAVES} concepts, such as 'centre or white', or a "
                "list of pairs of what joins them and their names."
            )
        found = []
        for place, step in enumerate(steps):
            pair = isinstance(step, Sequence) and not isinstance(step, str) and len(step) == 2
            join, concept = step if pair else (None, None)
            if concept not in self.concepts:
                raise unknown_name("concept", concept, list(self.concepts))
            if join not in (JOINS if place else FIRST):
                known = ", ".join(map(repr, JOINS if place else FIRST))
                raise InputError(f"{concept!r} is joined by {shown(join)}; expected one of {known}.")
            found.append((str(join), str(concept)))
        return tuple(found)


def _from_words(words: str) -> list[tuple[str, str]]:
    """Return the pairs that words such as "centre or white and not pot" stand for."""
    pieces = re.split(r"\s+(or not|and not|or|and)\s+", words.strip())
    first = re.fullmatch(r"(?:(not)\s+)?(.*)", pieces[0])
    pairs = [*zip(pieces[1::2], pieces[2::2], strict=True)]
    return [((first and first[1]) or "", (first and first[2]) or ""), *pairs] if words.strip() else []
