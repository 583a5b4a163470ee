"""The attacker: the smallest change that makes models change their minds, live."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import traitlets

from xai_widgets.adversarial.examination import Examination, Memory, Pace
from xai_widgets.attribution.method import Method
from xai_widgets.models.base import Model
from xai_widgets.render import Display
from xai_widgets.session import Content, View
from xai_widgets.widgets.attack_answer import (
    AttackResult,
    channels_last,
    magnification,
    result_of,
    rows,
    verdict,
)
from xai_widgets.widgets.attack_choices import AttackChoices, AttackState
from xai_widgets.widgets.attack_portrait import attack_portrait_png
from xai_widgets.widgets.catalogue import catalogue
from xai_widgets.widgets.certificates import Certificates
from xai_widgets.widgets.choices import Choices, mapping, with_options
from xai_widgets.widgets.choosing import ChoosingWidget
from xai_widgets.widgets.live import front_end
from xai_widgets.widgets.models import check_alike, checked_models
from xai_widgets.widgets.pictures import Pictures
from xai_widgets.widgets.predictions import Predictions

TRAITS = ("method", "options", "index", "norm", "epsilon", "steps", "restarts", "target")

REMEMBERED = 64
"""So many explanations of pictures that were not attacked are kept."""


class Attacker(ChoosingWidget):
    """How little changes the answer? Each model is attacked by itself, on one screen; made by `attack`.

    Every attribute below can be set, observed and linked. A value that is none raises and changes nothing.

    Attributes
    ----------
    epsilon : float
        How far from the picture the attack may go, in the units of the inputs.
    norm : {"l2", "linf"}
        How the size of a change is measured: its length, or its largest single value.
    target : int or None
        The class that the attack leads to, None for any other one. Can be set by name.
    steps, restarts : int
        Of the attack, as in `ProjectedGradientDescent`.
    method : str
        The name of the method of explanation.
    options : dict
        All options of that method.
    index : int
        Which picture.
    display : dict
        How maps are drawn: layout, colormap, sign, clip, opacity, smoothing, presenter.
    """

    _esm, _css = front_end("attack")
    _made_by = "attack"
    _state_names = TRAITS

    # Not traitlets.Any: that one lets None through unchecked.
    epsilon: Any = traitlets.TraitType(0.0).tag(sync=True)
    norm: Any = traitlets.TraitType("").tag(sync=True)
    target: Any = traitlets.TraitType(None).tag(sync=True)
    steps: Any = traitlets.TraitType(1).tag(sync=True)
    restarts: Any = traitlets.TraitType(1).tag(sync=True)
    method: Any = traitlets.TraitType("").tag(sync=True)
    options: Any = traitlets.TraitType({}).tag(sync=True)
    index: Any = traitlets.TraitType(0).tag(sync=True)

    def __init__(
        self,
        models: Model | Mapping[str, Model],
        images: Any,
        *,
        radius: Any = None,
        method: Any = None,
        display: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        **choices: Any,
    ) -> None:
        named = checked_models(models)
        pictures = Pictures(images, named)
        check_alike(named)
        questions = Choices(named, pictures)
        offered = AttackChoices(questions)
        self._certificates = Certificates(radius, questions)
        given = {name: value for name, value in choices.items() if value is not None}
        state = offered.changed(offered.first(), {**given, **with_options(method, options or {})})
        self._memories: OrderedDict[Hashable, Memory] = OrderedDict()
        self._paces: dict[tuple[str, str], Pace] = {}
        self._flips: dict[Hashable, float] = {}
        self._predictions = Predictions(questions, self._forget)
        described = {**catalogue(questions), **offered.catalogue()}
        super().__init__(offered, state, Display().changed(display or {}), described)

    def set(self, *, method: Any = None, display: Mapping[str, Any] | None = None, **changes: Any) -> None:
        """Change several things at once, for instance ``set(epsilon=0.5, norm="l2", method="smoothgrad")``.

        Parameters
        ----------
        method : str or Method, optional
            Of explanation, by name, or an example whose options are taken over.
        display : dict, optional
            What to change of the drawing.
        **changes
            `epsilon`, `norm`, `target`, `steps`, `restarts`, `index`, `options`.

        Raises
        ------
        ValueError, TypeError
            If there is no such thing to choose; nothing has changed then.
        """
        self._check_open()
        with self._guard:
            options = mapping(changes.pop("options", {}))
            state = self._choices.changed(self._set, {**changes, **with_options(method, options)})
            self._settle((state, self._display.changed(display or {})))

    @property
    def result(self) -> AttackResult | dict[str, AttackResult]:
        """What the attacks came to; for a dict of models a dict of them.

        Waits until they are final.

        Raises
        ------
        ValueError, TypeError
            What went wrong in a model or the method.
        """
        jobs = zip(self._choices.models, self._final_jobs(), strict=True)
        index = self._asked.index
        return self._per_model([result_of(job.answer, self._certificates.of(name, index)) for name, job in jobs])

    @traitlets.validate(*TRAITS, "display")
    def _validate(self, proposal: Any) -> Any:
        return self._check_trait(proposal)

    @traitlets.observe(*TRAITS, "display")
    def _observe(self, change: Any) -> None:
        self._trait_changed(change)

    def _portrait(self) -> bytes:
        title = self._title(self._asked)
        return attack_portrait_png(title, self._choices, self._asked, self._session.jobs, self._display, self._say)

    def _code(self, state: AttackState) -> str:
        written: str = self._choices.code(state)
        return written

    def _title(self, state: AttackState) -> str:
        words: str = self._choices.title(state)
        return words

    def _view(self, state: AttackState, name: str) -> View:
        choices, index = self._choices, state.index
        model, picture = choices.models[name], choices.pictures.input(name, index)
        examiner = state.examiner()

        def header() -> dict[str, Any]:
            self._predictions.top(name, state.question, picture)  # Finds out whether the model is still what it was.
            radius = self._certificates.of(name, index)
            return {
                "state": state.as_dict(),
                "code": self._code(state),
                "radius": None if radius is None else choices.per_norm(radius, state.norm),
            }

        def frame(examination: Examination, _: Sequence[Any]) -> Content:
            return self._frame(state, name, examination)

        memory = self._memory(name, index, state.question.make_method())
        return View(
            question=(name, index, state.target),
            method=examiner,
            stream=lambda resume: examiner.stream(model, picture.value, state.target, memory, resume),
            header=header,
            frame=frame,
        )

    def _frame(self, state: AttackState, name: str, examination: Examination) -> Content:
        """Return what a frame says: the perturbation and the two maps, and the outcome in numbers and words."""
        example = examination.example
        named = self._choices.choices.named.class_name
        values = np.atleast_3d(channels_last(example, example.perturbation))
        maps = [None if part is None else part.map for part in (examination.before, examination.after)]
        outcome = self._say(state, name, examination)
        content = {
            "shape": list(values.shape),
            "factor": magnification(example.perturbation, self._choices.width),
            "distance": example.distance,
            "label": named(example.label),
            "prediction": named(example.prediction),
            "succeeded": example.succeeded,
            "headline": outcome.headline,
            "detail": outcome.detail,
            "kind": outcome.kind,
            "classes": rows(example, named),
            "flips": self._flips_from(state, name, example),
            "maps": [None if one is None else list(one.shape) for one in maps],
        }
        return content, [values, *(np.zeros(0) if one is None else one for one in maps)]

    def _say(self, state: AttackState, name: str, examination: Examination) -> Any:
        """Return the outcome of an attack in words."""
        radius = self._certificates.of(name, state.index)
        return verdict(
            examination.example,
            state.epsilon,
            None if radius is None else self._choices.per_norm(radius, state.norm),
            final=examination.final,
            name=self._choices.choices.named.class_name,
        )

    def _flips_from(self, state: AttackState, name: str, example: Any) -> float | None:
        """Return the smallest distance at which an attack is known to succeed: from there on all of them can."""
        key = (name, state.index, state.norm, state.target)
        if example.succeeded:
            self._flips[key] = min(example.distance, self._flips.get(key, np.inf))
        return self._flips.get(key)

    def _memory(self, name: str, index: int, explainer: Method) -> Memory:
        pace = self._paces.setdefault((name, explainer.name), Pace())
        key = (name, index, explainer.key)
        memory = self._memories.setdefault(key, Memory(pace))
        self._memories.move_to_end(key)
        while len(self._memories) > REMEMBERED:
            self._memories.popitem(last=False)
        return memory

    def _forget(self) -> None:
        """Forget all results, because a model has changed."""
        self._session.forget()
        self._certificates.forget()
        self._flips.clear()
        for memory in self._memories.values():
            memory.before = None


def attack(
    models: Model | Mapping[str, Model],
    images: Any,
    radius: Any = None,
    *,
    epsilon: float | None = None,
    norm: str = "l2",
    target: int | str | None = None,
    steps: int | None = None,
    restarts: int | None = None,
    method: Any = None,
    index: int = 0,
    display: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Attacker:
    """Return a widget that attacks models live, each by itself, and explains their answers before and after.

    Parameters
    ----------
    models : Model or dict of str to Model
        Networks wrapped by `wrap`, all with the same classes and the same bounds.
    images : array, PIL picture, or list of these
        Channels last, whatever the models' layout, as in `explore`.
    radius : callable, array, or dict of model name to one of these, optional
        Certified l2 radii, drawn on the slider: a function of inputs (batch, ...) in the model's layout that returns
        (batch,), or one number per picture.
    epsilon : float, optional
        How far the attack may go, in the units of the inputs; by default as long as the bounds are wide, or a tenth of
        that for "linf".
    norm : {"l2", "linf"}, default "l2"
    target : int or str, optional
        The class that the attack leads to; by default any other one.
    steps, restarts : int, optional
        Of the attack, as in `ProjectedGradientDescent`.
    method : str or Method, default "saliency"
        How the answers are explained.
    index : int, default 0
        Which picture.
    display : dict, optional
        How maps are drawn: layout, colormap, sign, clip, opacity, smoothing, presenter.
    options : dict, optional
        Of the method of explanation.

    Raises
    ------
    ValueError, TypeError
        If something does not fit.

    Notes
    -----
    Attacks are projected gradient descent (Madry et al. 2018). One that finds nothing proves nothing; a certificate
    does.
    """
    return Attacker(
        models,
        images,
        radius=radius,
        epsilon=epsilon,
        norm=norm,
        target=target,
        steps=steps,
        restarts=restarts,
        method=method,
        index=index,
        display=display,
        options=options,
    )
