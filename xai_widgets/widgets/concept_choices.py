"""What there is to choose from where concepts are tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from xai_widgets.attribution.layer import layers_with_space
from xai_widgets.concepts.examples.concept import Concept
from xai_widgets.concepts.examples.tcav import TCAV
from xai_widgets.errors import InputError, InputTypeError, is_finite, shown, unknown_name
from xai_widgets.option import Option, fitting
from xai_widgets.widgets.choices import Choices, mapping
from xai_widgets.widgets.concept_pictures import ConceptPictures
from xai_widgets.widgets.concept_state import ConceptState
from xai_widgets.widgets.numbers import checked_number, checked_numbers
from xai_widgets.widgets.protocol import CONCEPT_TRAITS

REACH = 3.0
"""So many steps of a concept one can steer to either side."""

STOPS = 25
"""How many stops there are from end to end: the answer at all of them is known before the slider moves."""


class ConceptChoices:
    """What there is to choose from, and what follows from a choice.

    Parameters
    ----------
    choices : Choices
        Of pictures, for models with the same classes.
    source : ConceptPictures

    Raises
    ------
    ValueError, TypeError
        If they are no pictures, or the networks do not answer with one class for each.
    """

    def __init__(self, choices: Choices, source: ConceptPictures) -> None:
        self.choices, self.source = choices, source
        self.models, self.named = choices.models, choices.named
        self.refusals, self.counted = choices.refusals, choices.counted
        if source.seen(0) is None:
            raise InputError("concepts() shows pictures, but the models take vectors; use TCAV(concept, layer)(...).")
        if self.named.segmentation:
            raise InputError(
                "The network answers at each place; expected one that answers with a class for each picture."
            )
        self.layers = choices.layers
        if not self.layers:
            raise InputError("The models have no layer in common; expected networks with layers of the same names.")

    @property
    def options(self) -> Sequence[Option]:
        """The options of the test."""
        return [option for option in TCAV.options() if option.shown]

    def first(self) -> ConceptState:
        """Return the state to start from: the last layer with places, and the class that most pictures are of."""
        last = next(layers_with_space(self.named, self.layers), self.layers[-1])
        name, model = next(iter(self.models.items()))
        answers = model.scores(self.source.batch(name, range(self.source.images))).argmax(axis=1)
        target = int(np.bincount(answers).argmax())
        values = tuple((option.name, option.default) for option in self.options)
        return ConceptState(self.source, 0, values, last, target, self.source.names[0], 0.0, None, ())

    def remember(self, state: ConceptState) -> None:
        """Take note of what is in view: nothing comes back here."""

    def changed(self, state: ConceptState, changes: Mapping[str, Any]) -> ConceptState:
        """Return `state` with some fields changed, checked as a whole.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose, or a concept is left without examples.
        """
        for name in changes:
            if name not in CONCEPT_TRAITS:
                raise unknown_name("choice", name, CONCEPT_TRAITS)
        if changes.get("method", TCAV.name) != TCAV.name:
            raise unknown_name("method", changes["method"], [TCAV.name])
        source = state.source
        made: dict[str, Any] = {}
        if "layer" in changes:
            made["layer"] = _one_of(changes["layer"], self.layers, "layer")
        if "concept" in changes:
            made["concept"] = _one_of(changes["concept"], source.names, "concept")
        if "target" in changes:
            made["target"] = self.named.target(changes["target"])
        if "index" in changes:
            made["index"] = checked_number(changes["index"], len(source), "picture")
            made["source"] = source.viewed(made["index"])
        if "step" in changes:
            made["step"] = _step(changes["step"])
        if "count" in changes:
            made["count"] = _count(changes["count"])
        if "without" in changes:
            made["without"] = checked_numbers(changes["without"], len(source), "picture")
        if "options" in changes:
            made["values"] = self._values(state, mapping(changes["options"]))
        found = replace(state, **made)
        for concept in source.names:
            for side, taken in zip(("examples", "counterpart"), found.taken(concept), strict=True):
                if not taken:
                    raise InputError(f"All {side} of {concept!r} are out; expected that one is left at least.")
        return found

    def catalogue(self) -> dict[str, Any]:
        """Return what the front end needs beside what it needs for explanations."""
        described = [self.source.described(option) for option in self.options]
        method = {
            "name": TCAV.name,
            "label": TCAV.label,
            "sentence": TCAV.sentence,
            "reference": TCAV.reference,
            "family": "",
            "alike": "",
            "takes_layer": True,
            "needs_layer": True,
            "options": described,
        }
        sides = zip(self.source.names, self.source.given, strict=True)
        return {
            "methods": [method],
            "families": [],
            "concepts": [
                {"name": name, "examples": list(examples), "counterpart": list(counterpart)}
                for name, (examples, counterpart) in sides
            ],
            "images": self.source.images,
            "reach": REACH,
            "stops": STOPS,
            "drawing": [],
        }

    def _values(self, state: ConceptState, given: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
        """Return the options of the test with some of them changed."""
        known = {option.name: option for option in self.options}
        for name in given:
            if name not in known:
                raise unknown_name("option", name, list(known))
        checked = {name: known[name].check(value) for name, value in given.items()}
        plain = {name: value.item() if isinstance(value, np.generic) else value for name, value in checked.items()}
        return tuple(fitting(self.options, {**state.options, **plain}, plain).items())


def checked_concepts(concepts: Any) -> list[Concept]:
    """Return concepts, of which one may be given bare.

    Raises
    ------
    ValueError, TypeError
        If something is none, there are none, one has no counterpart, or two have one name.
    """
    given = [concepts] if isinstance(concepts, Concept) else concepts
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise InputTypeError(f"concepts is {shown(concepts)}; expected a Concept, or a list of them.")
    if not given:
        raise InputError("There are no concepts; expected at least one.")
    for one in given:
        if not isinstance(one, Concept):
            raise InputTypeError(f"Among the concepts is {shown(one)}; expected Concept(name, examples, counterpart).")
        one.sides  # noqa: B018 - says what is missing
    names = [one.name for one in given]
    if len(set(names)) < len(names):
        raise InputError(f"The concepts are called {', '.join(map(repr, names))}; expected a name of its own for each.")
    return list(given)


def stops() -> Any:
    """Return all steps that one can steer to, from one end to the other."""
    return np.linspace(-REACH, REACH, STOPS)


def _one_of(value: Any, known: Sequence[str], what: str) -> str:
    if not isinstance(value, str) or value not in known:
        raise unknown_name(what, value, list(known))
    return value


def _count(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise InputTypeError(f"count is {shown(value)}; expected how many pictures of each side, or None for all.")
    if value < 1:
        raise InputError(f"count is {value}; expected at least 1, or None for all.")
    return int(value)


def _step(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not is_finite(value):
        raise InputTypeError(f"step is {shown(value)}; expected how many times the concept is added, a number.")
    step, apart = float(value), 2 * REACH / (STOPS - 1)
    if abs(step) > REACH or step % apart:
        raise InputError(f"step is {step:g}; expected a multiple of {apart:g} from {-REACH:g} to {REACH:g}.")
    return step + 0.0
