"""What a concept tester is answered with: what each concept adds to a class, and what is said along one of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np

from xai_widgets.answers.estimate import Frame
from xai_widgets.answers.progress import Progress
from xai_widgets.answers.refine import refine
from xai_widgets.concepts.examples.concept import Concept
from xai_widgets.concepts.examples.tcav import TCAV, TCAVEstimate, Tested
from xai_widgets.models.edits import direction
from xai_widgets.models.objective import Array
from xai_widgets.option import Optioned
from xai_widgets.session import View
from xai_widgets.widgets.concept_choices import ConceptChoices, stops
from xai_widgets.widgets.concept_code import concept_code, concept_sentence
from xai_widgets.widgets.concept_state import ConceptState
from xai_widgets.widgets.files import Map
from xai_widgets.widgets.kept import Outputs
from xai_widgets.widgets.protocol import ConceptHeader, EffectRow
from xai_widgets.widgets.quantities import SCORE
from xai_widgets.widgets.remembered import Remembered
from xai_widgets.widgets.weights import Weights

REMEMBERED = 256
"""So many tests are kept that were run to their end: their effects, not what layers hold."""

NOTHING = np.zeros((0, 0), np.float32)


@dataclass(frozen=True, eq=False)
class Looked(Optioned):
    """How somebody tests concepts: what tells one answer from the others.

    Parameters
    ----------
    values : tuple of (str, value)
        The options of the test.
    """

    values: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, eq=False, repr=False)
class ConceptEffects(Progress):
    """What each concept adds to a class, as far as it is known.

    Attributes
    ----------
    estimates : dict of str to TCAVEstimate
        By the name of the concept.
    along : array of shape (stops, classes)
        The scores of the picture that is steered, at each stop; empty while they are not known.
    evaluations, planned, change, final, state
        See `Progress`.
    """

    estimates: Mapping[str, TCAVEstimate]
    along: Array

    @property
    def nbytes(self) -> int:
        """About how much memory it takes to keep."""
        return int(self.along.nbytes + sum(one.direction.nbytes for one in self.estimates.values()))


class ConceptTests:
    """What a state of a concept tester asks for.

    Parameters
    ----------
    choices : ConceptChoices
    """

    def __init__(self, choices: ConceptChoices) -> None:
        self.choices = choices
        self.weights = Weights(choices.models)
        self._known = Remembered[list[TCAVEstimate]](REMEMBERED)
        self._along = Remembered[Array](REMEMBERED)
        for forget in (self._known.forget, self._along.forget):
            self.weights.tell(forget)

    def code(self, state: ConceptState) -> str:
        """Return the Python that asks the same."""
        return concept_code(self.choices, state)

    def sentence(self, state: ConceptState) -> str:
        """Return what is on the screen in a sentence."""
        return concept_sentence(self.choices, state)

    def maps(self, state: ConceptState, answers: Sequence[ConceptEffects]) -> list[Map]:
        """Return the effect of the concept in view at each picture of the class."""
        return [
            Map(name, f"effect of {state.concept}", found.estimates[state.concept].sensitivities)
            for name, found in zip(self.choices.models, answers, strict=True)
        ]

    def outputs(self, state: ConceptState) -> Outputs:
        """Return nothing: concepts are tested over many pictures."""
        return {}

    asked_outputs = outputs

    def concepts(self, state: ConceptState, name: str) -> dict[str, Concept]:
        """Return the concepts as they are told now, with pictures as the model called `name` takes them."""
        found = {}
        for concept in state.source.names:
            examples, counterpart = (state.source.batch(name, side) for side in state.taken(concept))
            found[concept] = Concept(concept, examples, counterpart)
        return found

    def views(self, state: ConceptState) -> tuple[list[View], Sequence[int]]:
        """Return a view for each model; all of them come first."""
        written = cache(partial(self.code, state))
        views = [self._view(state, name, written) for name in self.choices.models]
        return views, range(len(views))

    def _view(self, state: ConceptState, name: str, written: Callable[[], str]) -> View:
        taken = tuple(state.taken(concept) for concept in state.source.names)
        return View(
            question=(name, state.layer, state.target, state.concept, state.index, taken),
            method=Looked(state.values),
            stream=lambda _: self._stream(state, name),
            header=partial(self._header, state, name, written),
            frame=partial(self._frame, state, name),
            version=partial(self.weights.look, name),
        )

    def _stream(self, state: ConceptState, name: str) -> Iterator[ConceptEffects | None]:
        """Test one concept after the other, the one in view first, and steer as soon as its direction is known."""
        estimates: dict[str, TCAVEstimate] = {}
        along = NOTHING
        for concept in sorted(state.source.names, key=lambda one: one != state.concept):
            known = self._known.of(self._key(state, name, concept), list)
            for found in list(known) or self._tested(state, name, concept):
                if found is None:
                    yield None
                    continue
                estimates[concept] = found
                if not len(along):
                    key = self._key(state, name, concept), state.index
                    along = self._along.of(key, partial(self._steered, state, name, found))
                final = found.final and len(estimates) == len(state.source.names)
                # Before anybody sees it: whoever has the last one asks for no more.
                if found.final and found not in known:
                    known.append(found)
                yield self._so_far(state, estimates, along, final)

    def _tested(self, state: ConceptState, name: str, concept: str) -> Iterator[TCAVEstimate | None]:
        model, source = self.choices.models[name], state.source
        told = self.concepts(state, name)[concept]
        x = source.batch(name, range(source.images))
        quantity = self.choices.choices.quantity(SCORE, name, state.target, None)
        return refine(Tested(TCAV(told, state.layer, **state.options), model, x, quantity))

    def _steered(self, state: ConceptState, name: str, found: TCAVEstimate) -> Array:
        """Return the scores of the picture in view at each stop along a concept: the layer is run once."""
        cut = self.choices.models[name].at(state.layer)
        x = state.source.batch(name, [state.index])
        added = stops()[(..., *[None] * len(cut.shape))] * direction(cut, found.direction, 1.0).offset
        latents = (cut.activations(x) + added).astype(x.dtype)
        objective = replace(found.question.objective, weights=found.question.objective.weights[:1])
        rows, size = [], cut.chunk("forward")
        for start in range(0, len(latents), size):
            part = latents[start : start + size]
            rows.append(cut.evaluate(np.repeat(x, len(part), axis=0), objective, part).scores)
        scores: Array = np.concatenate(rows).astype(np.float32)
        return scores

    def _key(self, state: ConceptState, name: str, concept: str) -> Hashable:
        return name, state.layer, state.target, state.values, concept, state.taken(concept)

    def _so_far(
        self, state: ConceptState, estimates: Mapping[str, TCAVEstimate], along: Array, final: bool
    ) -> ConceptEffects:
        still = [one for one in state.source.names if one not in estimates]
        left = sum(len(side) for one in still for side in state.taken(one)) + len(still) * state.source.images
        evaluations = sum(one.evaluations for one in estimates.values())
        return ConceptEffects(
            evaluations=evaluations,
            planned=evaluations + left,
            change=float("nan"),
            final=final,
            estimates=dict(estimates),
            along=along,
        )

    def _header(self, state: ConceptState, name: str, written: Callable[[], str]) -> ConceptHeader:
        measured = self.choices.choices.quantities[SCORE].label
        return {"state": state.as_dict(), "code": written(), "measured": measured}

    def _frame(self, state: ConceptState, name: str, found: ConceptEffects, _: Sequence[Any]) -> Frame:
        """Return what a frame says: effects with their clouds, and what is said along the concept in view."""
        names, estimates = state.source.names, found.estimates
        runs = max(len(one.random) for one in estimates.values())
        random = np.zeros((len(names), runs), np.float32)
        for row, concept in enumerate(names):
            if concept in estimates:
                random[row, : len(estimates[concept].random)] = estimates[concept].random
        content = {
            "rows": [_row(estimates[concept]) if concept in estimates else None for concept in names],
            "chances": self.choices.models[name].outputs != "values",
        }
        return content, [random, found.along]


def _row(found: TCAVEstimate) -> EffectRow:
    examples, counterpart = map(len, found.concept.sides)
    return {
        "effect": found.effect,
        "error": _known(found.standard_error),
        "changed": _known(found.true_change),
        "share": found.p_value,
        "signs": found.sign_score,
        "alike": found.sign_p_value,
        "runs": len(found.random),
        "examples": examples,
        "counterpart": counterpart,
    }


def _known(value: float) -> float | None:
    return value if np.isfinite(value) else None
