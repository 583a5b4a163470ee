"""What an attacker is answered with: an attack on each model, and explanations of its answers before and after."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cache, partial
from typing import Any

import numpy as np

from xai_widgets.adversarial.examination import Examination, Memory, Pace
from xai_widgets.answers.estimate import Frame
from xai_widgets.attribution.method import Method
from xai_widgets.session import View
from xai_widgets.widgets.attack_choices import AttackChoices
from xai_widgets.widgets.attack_code import attack_code, attack_sentence
from xai_widgets.widgets.attack_result import Verdict, channels_last, magnification, rows, verdict
from xai_widgets.widgets.attack_state import AttackState
from xai_widgets.widgets.certificates import Certificates
from xai_widgets.widgets.files import Map
from xai_widgets.widgets.kept import Outputs
from xai_widgets.widgets.protocol import AttackHeader
from xai_widgets.widgets.remembered import Remembered
from xai_widgets.widgets.weights import Weights

REMEMBERED = 64
"""So many explanations of pictures that were not attacked are kept."""


class Attacks:
    """Attacks on what a state asks for, each model by itself.

    Parameters
    ----------
    choices : AttackChoices
    certificates : Certificates
    """

    def __init__(self, choices: AttackChoices, certificates: Certificates) -> None:
        self.choices, self.certificates = choices, certificates
        self.weights = Weights(choices.models)
        self._memories = Remembered[Memory](REMEMBERED)
        self._paces: dict[tuple[str, str], Pace] = {}
        self._flips: dict[Hashable, float] = {}
        self.weights.tell(certificates.forget)
        self.weights.tell(self._forget)

    def code(self, state: AttackState) -> str:
        """Return the Python that asks the same."""
        return attack_code(self.choices, state)

    def sentence(self, state: AttackState) -> str:
        """Return what is on the screen in a sentence."""
        return attack_sentence(self.choices, state)

    def maps(self, state: AttackState, answers: Sequence[Any]) -> list[Map]:
        """Return the maps of final answers, before and after."""
        label = state.question.cell.title
        return [
            Map(name, f"{label} {when}", explained.map)
            for name, found in zip(self.choices.models, answers, strict=True)
            for when, explained in (("before", found.before), ("after", found.after))
            if explained is not None
        ]

    def outputs(self, state: AttackState) -> Outputs:
        """Return nothing: what an attack is of is told from its picture."""
        return {}

    asked_outputs = outputs

    def views(self, state: AttackState) -> tuple[list[View], Sequence[int]]:
        """Return a view for each model; all of them come first."""
        written = cache(partial(self.code, state))
        views = [self._view(state, name, written) for name in self.choices.models]
        return views, range(len(views))

    def verdict(self, state: AttackState, name: str, examination: Examination) -> Verdict:
        """Return the outcome of an attack in words."""
        return verdict(
            examination.example,
            state.epsilon,
            self._radius(state, name),
            final=examination.final,
            name=self.choices.choices.named.class_name,
        )

    def _view(self, state: AttackState, name: str, written: Callable[[], str]) -> View:
        model, picture, examiner = self.choices.models[name], state.question.input(name), state.examiner()
        memory = self._memory(name, state.index, state.question.cell.method)

        def header() -> AttackHeader:
            question = state.question
            ends = question.source.ends(question.cell.method, question.cell.layer, name)
            return {"state": state.as_dict(), "code": written(), "radius": self._radius(state, name), "ends": ends}

        def stream(resume: Any) -> Any:
            return examiner.stream(model, picture.value, state.target, memory, resume)

        return View(
            question=(name, state.index, state.target),
            method=examiner,
            stream=stream,
            header=header,
            frame=partial(self._frame, state, name),
            version=partial(self.weights.look, name),
        )

    def _frame(self, state: AttackState, name: str, examination: Examination, _: Sequence[Any]) -> Frame:
        """Return what a frame says: the perturbation and the two maps, and the outcome in numbers and words."""
        example = examination.example
        named = self.choices.choices.named.class_name
        values = np.atleast_3d(channels_last(example, example.perturbation))
        maps = [None if part is None else part.map for part in (examination.before, examination.after)]
        content = {
            "shape": list(values.shape),
            "factor": magnification(example.perturbation, self.choices.width),
            "distance": example.distance,
            "label": named(int(example.label)),
            "prediction": named(int(example.prediction)),
            "succeeded": example.succeeded,
            **self.verdict(state, name, examination)._asdict(),
            "classes": rows(example, named),
            "flips": self._flips_from(state, name, example),
            "maps": [None if one is None else list(one.shape) for one in maps],
        }
        return content, [values, *(np.zeros(0) if one is None else one for one in maps)]

    def _radius(self, state: AttackState, name: str) -> float | None:
        """Return the certified radius in the norm of the attack; None where there is none."""
        radius = self.certificates.of(name, state.index)
        return None if radius is None else self.choices.per_norm(radius, state.norm)

    def _flips_from(self, state: AttackState, name: str, example: Any) -> float | None:
        """Return the smallest distance at which an attack is known to succeed: from there on all of them can."""
        key = (name, state.index, state.norm, state.target)
        if example.succeeded:
            self._flips[key] = min(example.distance, self._flips.get(key, np.inf))
        return self._flips.get(key)

    def _memory(self, name: str, index: int, explainer: Method) -> Memory:
        pace = self._paces.setdefault((name, explainer.name), Pace())
        key = (name, index, explainer.key)
        return self._memories.of(key, lambda: Memory(pace))

    def _forget(self) -> None:
        """Forget what follows from the weights, because a model has changed."""
        self._flips.clear()
        for memory in self._memories:
            memory.before = None
