"""What there is to choose from where concepts are told to networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from xai_widgets.concepts.intervention.next_concept import NextConcept, are_probabilities
from xai_widgets.concepts.labels import checked_labels
from xai_widgets.errors import InputError, InputTypeError, is_finite, shown, unknown_name
from xai_widgets.models.objective import Array
from xai_widgets.widgets.choices import Choices, mapping
from xai_widgets.widgets.concept_levels import (
    all_groups,
    checked_levels,
    checked_truths,
    in_words,
    read_bottlenecks,
)
from xai_widgets.widgets.intervene_state import InterveneState
from xai_widgets.widgets.numbers import checked_number
from xai_widgets.widgets.protocol import INTERVENING_TRAITS

MOST = 128
"""So many concepts can be told: more sliders are found by nobody."""


class InterveneChoices:
    """What there is to choose from, and what follows from a choice.

    Parameters
    ----------
    choices : Choices
        Of pictures, for models with the same classes.
    layer : str
        Whose units are the concepts, of the same names in all models.
    truths, labels, groups, levels
        As `intervene` takes them.

    Raises
    ------
    ValueError, TypeError
        If they are no pictures, the networks do not answer with one class for each, or something does not fit.
    """

    def __init__(self, choices: Choices, layer: Any, truths: Any, labels: Any, groups: Any, levels: Any) -> None:
        self.choices, self.layer, self.grouped = choices, layer, groups
        self.models, self.named = choices.models, choices.named
        self.refusals, self.counted = choices.refusals, choices.counted
        self.source = choices.source
        if self.source.seen(0) is None:
            raise InputError(
                "intervene() shows pictures, but the models take vectors; use Intervention(layer, values)."
            )
        bottlenecks = read_bottlenecks(self.models, self.source, layer)
        first = next(iter(bottlenecks.values()))
        self.concepts: tuple[str, ...] = first.names
        if len(self.concepts) > MOST:
            raise InputError(
                f"Layer {layer!r} has {len(self.concepts)} units; expected at most {MOST}, such as the concepts of a "
                "bottleneck."
            )
        self.groups = all_groups(groups, first)
        self.levels = checked_levels(levels, bottlenecks)
        self.probable = {
            name: are_probabilities(one.said) and bool((self.levels[name] == [[0], [1]]).all())
            for name, one in bottlenecks.items()
        }
        """Whether the concepts of each model are probabilities, as far as pictures and levels tell."""
        count = len(self.source)
        self.truths: Array | None = None if truths is None else checked_truths(truths, count, self.concepts)
        self.labels: Array | None = None if labels is None else checked_labels(labels, count, self.named)

    def first(self) -> InterveneState:
        """Return the state to start from: the first picture, and nothing told."""
        return InterveneState(self.source, 0, NextConcept(self.layer, groups=self.told_groups), ())

    @property
    def told_groups(self) -> dict[str, list[str]]:
        """The groups by the names of their concepts."""
        return {name: [self.concepts[number] for number in numbers] for name, numbers in self.groups.items()}

    def remember(self, state: InterveneState) -> None:
        """Nothing is kept of what was in view."""

    def changed(self, state: InterveneState, changes: Mapping[str, Any]) -> InterveneState:
        """Return `state` with some fields changed, checked as a whole.

        What was told is told of one picture: another picture comes without.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose.
        """
        for name in changes:
            if name not in INTERVENING_TRAITS:
                raise unknown_name("choice", name, INTERVENING_TRAITS)
        if changes.get("method", NextConcept.name) != NextConcept.name:
            raise unknown_name("method", changes["method"], [NextConcept.name])
        made: dict[str, Any] = {}
        if "index" in changes:
            made["index"] = checked_number(changes["index"], len(self.source), "picture")
        told = self._told(changes["told"]) if "told" in changes else state.told
        # A page may send what it has still told of the picture before.
        made["told"] = () if made.get("index", state.index) != state.index and told == state.told else told
        if "options" in changes:
            options = mapping(changes["options"])
            for name in options:
                if name not in state.options:
                    raise unknown_name("option", name, list(state.options))
            if {**state.options, **options} != dict(state.options):
                made["asking"] = replace(state.asking, **options)
        return replace(state, **made)

    def values(self, state: InterveneState, name: str) -> dict[str, float]:
        """Return what the concepts that are told say in the model called `name`."""
        no, yes = self.levels[name]
        found = {}
        for concept, share in state.told:
            number = self.concepts.index(concept)
            found[concept] = float(f"{no[number] + share * (yes[number] - no[number]):.6g}")
        return found

    def refusal(self, name: str) -> str:
        """Return why it cannot be known what the model called `name` would ask for next; empty where it can."""
        if self.models[name].outputs == "values":
            return "The network puts out values, no probabilities of classes: it is not known what to ask for."
        if not self.probable[name]:
            return "The concepts are no probabilities: it is not known what to ask for."
        return ""

    def catalogue(self) -> dict[str, Any]:
        """Return what the front end needs beside what it needs for explanations."""
        method = {
            "name": NextConcept.name,
            "label": NextConcept.label,
            "sentence": NextConcept.sentence,
            "reference": NextConcept.reference,
            "family": "",
            "alike": "",
            "takes_layer": True,
            "needs_layer": True,
            "options": [self.source.described(option) for option in NextConcept.options()],
        }
        return {
            "methods": [method],
            "families": [],
            "layers": [self.layer],
            "concepts": list(self.concepts),
            "groups": [{"name": name, "concepts": numbers} for name, numbers in self.groups.items()],
            "truths": None if self.truths is None else in_words(self.truths),
            "labels": None if self.labels is None else self.labels.tolist(),
            "levels": [self.levels[name].tolist() for name in self.models],
            "drawing": [],
            "adds": None,
        }

    def _told(self, given: Any) -> tuple[tuple[str, float], ...]:
        """Return what is told, in the order of the concepts."""
        if not isinstance(given, Mapping):
            raise InputTypeError(
                f"told is {shown(given)}; expected a dict from the names of concepts to what they are, from 0, no, to "
                f"1, yes, such as {{{self.concepts[0]!r}: 1}}."
            )
        found: dict[int, float] = {}
        for concept, share in given.items():
            if not isinstance(concept, str) or concept not in self.concepts:
                raise unknown_name("concept", concept, self.concepts)
            if isinstance(share, bool) or not isinstance(share, int | float | np.number) or not is_finite(share):
                raise InputTypeError(
                    f"{concept!r} is told to be {shown(share)}; expected a number from 0, no, to 1, yes."
                )
            if not 0 <= share <= 1:
                raise InputError(f"{concept!r} is told to be {share:g}; expected a number from 0, no, to 1, yes.")
            found[self.concepts.index(concept)] = float(share)
        return tuple((self.concepts[number], found[number]) for number in sorted(found))
