"""Projected gradient descent: the strongest adversarial example within a distance of the input (Madry et al. 2018)."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.adversarial.attack import Attack
from xai_widgets.adversarial.example import AdversarialExample
from xai_widgets.adversarial.region import Norm, Region
from xai_widgets.answers.refine import Sampler, refine
from xai_widgets.answers.registry import register
from xai_widgets.answers.stream import Stream
from xai_widgets.errors import InputError, InputTypeError
from xai_widgets.models.arrays import as_array
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array, Objective, one_hot
from xai_widgets.models.passes import in_chunks
from xai_widgets.option import Option

Target = int | str | Sequence[int | str] | Array | None
"""A class by index or name, or one of these per input."""

NORM = Option(
    default="l2",
    kind="choice",
    label="Distance",
    sentence="How the size of a change is measured: its length, or its largest single value.",
    choices=("l2", "linf"),
)
EPSILON = Option(
    default=None,
    kind="number",
    label="Epsilon",
    sentence="How far from the input the attack may go, in the units of the input.",
    minimum=0,
)
STEPS = Option(
    default=40,
    kind="integer",
    label="Attack steps",
    sentence="How many times the attack follows the gradient.",
    minimum=1,
    slider=(1, 200),
    scale="doublings",
    unit="steps",
)
RESTARTS = Option(
    default=1,
    kind="integer",
    label="Starts",
    sentence="How many times it begins: at the input, then at random points nearby.",
    minimum=1,
    slider=(1, 16),
    scale="doublings",
    unit="starts",
)
SEED = Option(
    default=0, kind="integer", label="Seed", sentence="Which random points are drawn.", minimum=0, shown=False
)


@dataclass
class State:
    """What a stream knows: enough to go on with more steps or starts."""

    labels: Array
    targets: Array | None
    clean: Array
    """The scores at the inputs themselves."""
    points: Array
    scores: Array
    """The newest scores on the way, which tell the strongest other class."""
    best: Array
    best_scores: Array
    best_margins: Array
    evaluations: int
    taken: int = 0
    """Steps of all starts together."""


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class ProjectedGradientDescent(Attack):
    """The strongest adversarial example within epsilon of an input, by gradient steps led back (Madry et al. 2018).

    Each step goes down the margin between the label and the strongest other class, which unlike the cross-entropy does
    not fade where a model is sure (Carlini and Wagner 2017), then to the closest point that is within epsilon and
    within the model's bounds. The best point of all steps and starts is kept. The first start is the input itself, the
    others are random.

    Parameters
    ----------
    norm : {"l2", "linf"}, default "l2"
        How the size of a change is measured: its length, or its largest single value.
    epsilon : float
        In the units of the inputs, as `bounds` are; it is never exceeded.
    steps : int, default 40
        How many gradients each start follows.
    restarts : int, default 1
        How many starts there are in all.
    seed : int, default 0
        Start i depends on (seed, i) alone: the same for every input and backend.
    step_size : float, optional
        The length of a step, in the units of the inputs. By default step k is 2 epsilon / sqrt(k): long ones first, so
        that a few are enough for a first picture, then short ones, so that it settles.

    References
    ----------
    Madry, Makelov, Schmidt, Tsipras, Vladu (2018), Towards Deep Learning Models Resistant to Adversarial Attacks.

    Carlini, Wagner (2017), Towards Evaluating the Robustness of Neural Networks.

    Examples
    --------
    >>> attack = xai.ProjectedGradientDescent(norm="linf", epsilon=0.25, steps=20)
    >>> found = attack(model, batch)
    >>> found.values.shape, bool((found.distance <= 0.25).all())
    ((6, 1, 8, 8), True)
    """

    norm: Norm = NORM.field()
    epsilon: float = dataclasses.field(metadata={"option": EPSILON})
    steps: int = STEPS.field()
    restarts: int = RESTARTS.field()
    seed: int = SEED.field()
    step_size: float | None = None

    name = "projected_gradient_descent"
    label = "Projected gradient descent"
    sentence = "The strongest adversarial example within epsilon, by gradient steps led back."
    reference = "Madry, Makelov, Schmidt, Tsipras, Vladu 2018"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.step_size is not None:
            size = Option(None, "number", "", "", minimum=0, name="step_size").check(self.step_size)
            object.__setattr__(self, "step_size", size)

    def __call__(self, model: Model, x: ArrayLike, label: Target = None, target: Target = None) -> AdversarialExample:
        """Return the final example of the stream.

        Parameters
        ----------
        model : Model
            A classifier wrapped by `xai_widgets.wrap`.
        x : array
            One input or a batch, in the model's own layout.
        label : int, str or one per input, optional
            The class to lead away from; by default the one that the model answers.
        target : int, str or one per input, optional
            The class to lead to, in place of any other one.

        Returns
        -------
        AdversarialExample
            The best of all steps and starts; its `succeeded` says whether it is one.

        Raises
        ------
        ValueError, TypeError
            If something does not fit.

        Examples
        --------
        >>> found = xai.ProjectedGradientDescent(epsilon=2.0)(model, x, target="ring")
        >>> model.class_name(found.label)
        'cross'
        """
        return self.stream(model, x, label, target).last()

    def stream(
        self,
        model: Model,
        x: ArrayLike,
        label: Target = None,
        target: Target = None,
        *,
        resume: AdversarialExample | None = None,
    ) -> Stream[AdversarialExample]:
        """Return examples one by one, each the best so far; to cancel, stop iterating.

        Parameters
        ----------
        model : Model
            A classifier wrapped by `xai_widgets.wrap`.
        x : array
            One input or a batch, in the model's own layout.
        label : int, str or one per input, optional
            The class to lead away from; by default the one that the model answers.
        target : int, str or one per input, optional
            The class to lead to, in place of any other one.
        resume : AdversarialExample, optional
            The final example of an attack that this one extends (see `extends`), on the same input: only the steps that
            are missing are taken.

        Returns
        -------
        iterator of AdversarialExample
            The last of them is `final`.

        Raises
        ------
        ValueError, TypeError
            At once, if something does not fit.

        Examples
        --------
        >>> margins = [found.margin for found in xai.ProjectedGradientDescent(epsilon=0.5).stream(model, x)]
        >>> margins == sorted(margins, reverse=True)
        True
        """
        check_model(model)
        if label is not None and target is not None:
            raise InputError(
                f"Found label={label!r} and target={target!r}; expected one of them: the class to lead away from, or "
                "the class to lead to."
            )
        batch, single = model.prepare(x)
        labels = class_indices(model, label, len(batch), "label")
        targets = class_indices(model, target, len(batch), "target")
        if resume is not None:
            self._check_resume(model, batch, resume, labels, targets)
        attacked = Attacked(model, batch, single, labels, targets)
        sampler = GradientSteps(self, attacked, None if resume is None else resume.state)
        return Stream(example for example in refine(sampler) if example is not None)

    def extends(self, other: Any) -> bool:
        """Whether a stream of this attack can go on where one of `other` ended: more starts, or more steps of one."""
        if not isinstance(other, ProjectedGradientDescent) or self.step_size != other.step_size:
            return False
        if not self.same_options(other, but=("steps", "restarts")):
            return False
        more_starts = self.steps == other.steps and self.restarts >= other.restarts
        return more_starts or (self.restarts == other.restarts == 1 and self.steps >= other.steps)

    def _check_resume(
        self, model: Model, batch: Array, resume: AdversarialExample, labels: Array | None, targets: Array | None
    ) -> None:
        if not isinstance(resume, AdversarialExample):
            raise InputTypeError(f"resume is a {type(resume).__name__}; expected the final example of a stream.")
        if not self.extends(resume.attack) or resume.state is None:
            raise InputError(f"{self!r} cannot go on from {resume.attack!r}; expected the same options, fewer steps.")
        same = resume.model is model and np.array_equal(np.reshape(resume.x, batch.shape), batch)
        same = same and (labels is None or np.array_equal(labels, resume.state.labels))
        if not (same and _equal(targets, resume.state.targets)):
            raise InputError("resume attacks something else; expected the same model, input, label and target.")


@dataclass(frozen=True)
class Attacked:
    """What is attacked: inputs of a model, and the classes to lead away from or to, where they are given."""

    model: Model
    batch: Array
    single: bool
    labels: Array | None
    targets: Array | None

    def begin(self) -> State:
        """Return what one look at the inputs tells: their margins, and their labels where these are not given."""
        model, batch = self.model, self.batch
        objective = Objective(np.zeros((1, model.output_count), model.dtype))
        scores = in_chunks(model.at(None), "forward", batch, objective).scores
        labels = scores.argmax(axis=1) if self.labels is None else self.labels
        margins = _margins(scores, labels, self.targets)
        return State(labels, self.targets, scores, batch, scores, batch, scores, margins, evaluations=len(batch))

    def example(self, attack: Any, reached: State, **progress: Any) -> AdversarialExample:
        """Return the best that was reached as users see it."""

        def per_input(values: Array) -> Any:
            return values[0].item() if self.single else values.copy()

        def unbatched(values: Array) -> Array:
            return values[0] if self.single else values

        return AdversarialExample(
            values=unbatched(reached.best),
            x=unbatched(self.batch),
            scores=unbatched(reached.best_scores),
            scores_before=unbatched(reached.clean),
            label=per_input(reached.labels),
            target=None if reached.targets is None else per_input(reached.targets),
            margin=per_input(reached.best_margins),
            norm=attack.norm,
            model=self.model,
            attack=attack,
            **progress,
        )


class GradientSteps(Sampler[AdversarialExample]):
    """Takes one step after the other, all of a start before the next start; the best point of all is kept."""

    chunk = 1
    reached: State

    def __init__(self, attack: ProjectedGradientDescent, attacked: Attacked, known: State | None) -> None:
        self.attack, self.attacked = attack, attacked
        self.region = Region(attacked.model, attacked.batch, attack.norm, attack.epsilon)
        self.size, self.each = attack.restarts * attack.steps, len(attacked.batch)
        self.minimum = min(2, self.size)  # After one step nothing is known yet but the input itself.
        if known is not None:
            self.reached, self.drawn, self.evaluations = copy.copy(known), known.taken, known.evaluations

    def start(self) -> Iterator[None]:
        self.reached = self.attacked.begin()
        self.evaluations = self.reached.evaluations
        return iter(())

    def draw(self, start: int, stop: int) -> None:
        """Take a step; the last one of a start is looked at too."""
        (begun, step), state = divmod(start, self.attack.steps), self.reached
        if step == 0:
            state.points, state.scores = self.region.start(self.attack.seed, begun), state.clean
        passes = in_chunks(self.attacked.model.at(None), "backward", state.points, _objective(state))
        _keep(state, passes.scores)
        state.points = self.region.step(state.points, np.asarray(passes.gradients), self._length(step))
        state.taken = stop
        if stop % self.attack.steps == 0:
            _keep(state, in_chunks(self.attacked.model.at(None), "forward", state.points, _objective(state)).scores)
        self.evaluations = state.evaluations

    def _length(self, step: int) -> float:
        """Return how long the step with this number is, in the units of the inputs."""
        chosen = self.attack.step_size
        return float(2 * self.region.epsilon / np.sqrt(step + 1)) if chosen is None else chosen

    @property
    def left(self) -> int:
        """Each start that is still to end takes one look more than it has steps."""
        starts = self.attack.restarts - self.drawn // self.attack.steps
        return (self.size - self.drawn + starts) * self.each

    def values(self) -> Array:
        return self.reached.best - self.attacked.batch

    def answer(self, values: Array, **progress: Any) -> AdversarialExample:
        return self.attacked.example(self.attack, self.reached, **progress)

    def state(self) -> State:
        return copy.copy(self.reached)


def check_model(model: Any) -> None:
    """Refuse what has no class to change."""
    if not isinstance(model, Model):
        raise InputTypeError(f"Found a {type(model).__name__}; expected a network in xai_widgets.wrap(network).")
    if model.taken.nothing_between:
        raise InputError(f"An attack moves inputs bit by bit, and {model.taken.nothing_between}.")
    if model.outputs == "values":
        raise InputError(
            "An attack changes the class, but the network puts out values; expected a classifier, or "
            "wrap(..., outputs='logits') where the values are scores of classes."
        )
    if model.segmentation:
        raise InputError(
            "An attack changes the class of an input, but the network has one for each place; expected a classifier."
        )


def class_indices(model: Model, given: Target, count: int, name: str) -> Array | None:
    """Return the classes that were given as one index per input, (count,)."""
    if given is None:
        return None
    if isinstance(given, str | int | np.integer):
        return np.full(count, model.target(given))
    classes = list(given) if isinstance(given, list | tuple) else as_array(given).reshape(-1).tolist()
    if len(classes) != count:
        raise InputError(f"{name} has {len(classes)} classes for {count} inputs; expected one, or one per input.")
    return np.array([model.target(one) for one in classes])


def _objective(state: State) -> Objective:
    """Return the margin as it was last seen: its label (or the strongest class beside the target) minus its rival."""
    one, other = _pair(state.scores, state.labels, state.targets)
    count, dtype = state.scores.shape[1], state.scores.dtype
    return Objective(one_hot(one, count, dtype) - one_hot(other, count, dtype))


def _margins(scores: Array, labels: Array, targets: Array | None) -> Array:
    rows = np.arange(len(scores))
    one, other = _pair(scores, labels, targets)
    margins: Array = scores[rows, one].astype(np.float64) - scores[rows, other]
    return margins


def _pair(scores: Array, labels: Array, targets: Array | None) -> tuple[Array, Array]:
    """Return the class whose score is to fall and the one whose score is to rise, (rows,) each."""
    fixed = labels if targets is None else targets
    others = scores.copy()
    others[np.arange(len(scores)), fixed] = -np.inf
    strongest = others.argmax(axis=1)
    return (fixed, strongest) if targets is None else (strongest, fixed)


def _keep(state: State, scores: Array) -> None:
    """Take note of the scores at the present points, and keep those points that are the best so far."""
    margins = _margins(scores, state.labels, state.targets)
    better = margins < state.best_margins
    across = better.reshape(-1, *[1] * (state.points.ndim - 1))
    state.scores = scores
    state.best = np.where(across, state.points, state.best)
    state.best_scores = np.where(better[:, None], scores, state.best_scores)
    state.best_margins = np.where(better, margins, state.best_margins)
    state.evaluations += len(scores)


def _equal(one: Array | None, other: Array | None) -> bool:
    return other is None if one is None else other is not None and np.array_equal(one, other)
