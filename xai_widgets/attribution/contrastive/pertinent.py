"""Contrastive explanations: what must be there for a class, and what must not (Dhurandhar et al. 2018)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from xai_widgets.answers.fact import Fact
from xai_widgets.answers.quantity import Logit, LogProbability, Margin, Probability, Quantity
from xai_widgets.answers.question import Question
from xai_widgets.answers.registry import register
from xai_widgets.attribution.baseline import BASELINE, Baseline, baseline_for
from xai_widgets.attribution.contrastive.elastic_net import Descent, Room
from xai_widgets.attribution.ends import KEPT_ENDS
from xai_widgets.attribution.method import AttributionSampler, Method
from xai_widgets.attribution.result import Attribution
from xai_widgets.errors import InputError
from xai_widgets.models.base import Model
from xai_widgets.models.objective import Array
from xai_widgets.option import Option

STEPS = Option(
    default=100,
    kind="integer",
    label="Steps",
    sentence="How many steps of descent are made for each weight of the class.",
    minimum=1,
    slider=(20, 500),
    step=20,
    unit="steps",
)
SEARCHES = Option(
    default=6,
    kind="integer",
    label="Searches",
    sentence="How many weights of the class against the size of the change are tried.",
    minimum=1,
    slider=(1, 12),
    step=1,
    unit="weights",
)
SPARSITY = Option(
    default=0.1,
    kind="number",
    label="Sparsity",
    sentence="The weight of the sum of changes against that of their squares: more changes fewer places.",
    minimum=0,
    slider=(0, 1),
    step=0.05,
)
CONFIDENCE = Option(
    default=0,
    kind="number",
    label="Confidence",
    sentence="By how much the score of one class has to be ahead of the other in the end.",
    minimum=0,
    slider=(0, 5),
    step=0.25,
)


@dataclass(frozen=True, eq=False, repr=False)
class ContrastiveEstimate(Attribution):
    """What has to be added, or is enough, by now; made by `PertinentNegative` and `PertinentPositive`.

    It has all that an `Attribution` has, and besides:

    Attributes
    ----------
    found : bool or array of shape (batch,)
        Whether the model answers as claimed at `altered`: with a pertinent negative another class, with a pertinent
        positive the class itself. Where it is False, `values` are the last that were tried, and nothing is claimed.
    label : int or array of shape (batch,)
        What the model answers at `altered`.
    altered : array of the shape of the input
        The input with what is added, or the baseline with what is kept.

    Examples
    --------
    >>> result = xai.PertinentPositive(steps=50)(model, x)
    >>> result.found, model.class_name(result.label), result.altered.shape
    (True, 'cross', (1, 8, 8))
    """

    found: Any = field(kw_only=True)
    label: Any = field(kw_only=True)
    altered: Array = field(kw_only=True)

    @property
    def facts(self) -> list[Fact]:
        """Whether it came true, and what the model answers then."""
        sentence = "What the model answers at the altered input, and whether that is what was looked for."
        if self.question.single:
            value = f"{self.question.model.class_name(self.label)}{'' if self.found else ' (not found)'}"
        else:
            value = f"as claimed for {int(self.found.sum())} of {len(self.found)}"
        return [*super().facts, Fact("answered", value, sentence)]

    def __repr__(self) -> str:
        if not self.question.single:
            return f"{super().__repr__()}, found for {int(self.found.sum())} of {len(self.found)}"
        answered = self.question.model.class_name(self.label)
        return f"{super().__repr__()}, {'found' if self.found else 'not found'}: answered {answered}"


class ContrastiveMethod(Method):
    """The smallest change that makes the model answer as claimed: elastic net, projected steps, search for the weight.

    The claim is that a class loses its lead, or keeps it; see `Descent` for the search.
    """

    result = ContrastiveEstimate
    family = "contrastive"
    kind = "weight"
    moves_input = True
    baseline: Baseline
    sparsity: float
    confidence: float
    steps: int
    searches: int
    wanted: ClassVar[int]
    """The sign of the class's lead that is claimed: -1 where it is to lose, 1 where it is to stay ahead."""

    @abstractmethod
    def room(self, batch: Array, baseline: Array, bounds: tuple[float, float]) -> Room:
        """Return where the change may lie."""

    @classmethod
    def refusal(cls, model: Model) -> str | None:
        if model.outputs == "values":
            return "It asks which class the model answers, and the model puts out values; it takes a classifier."
        if model.segmentation:
            return "It asks which class the model answers, and the model answers one at each place."
        return super().refusal(model)

    def ask(self, model: Model, x: ArrayLike, quantity: Quantity | None = None, layer: str | None = None) -> Question:
        question = super().ask(model, x, quantity, layer)
        reason = self.refusal(model)
        if reason is not None:
            raise InputError(reason)
        if not isinstance(question.quantity, Logit | Probability | LogProbability | Margin):
            raise InputError(
                f"{self.label} is about classes, but the quantity is {question.quantity.describe(model)}; expected "
                "Logit(target), or Margin(a, b) for why a and not b."
            )
        return question

    def _sampler(self, question: Question, state: Any) -> SmallestChange:
        return SmallestChange(self, question)


class SmallestChange(AttributionSampler):
    """Goes down to the smallest change with which the claim comes true, a step a draw."""

    method: ContrastiveMethod
    chunk = 1

    def __init__(self, method: ContrastiveMethod, question: Question) -> None:
        super().__init__(method, question)
        self.size = method.searches * method.steps
        filling = baseline_for(question.batch, method.baseline, question.model)
        self.room = method.room(question.batch, filling, question.model.bounds or (-np.inf, np.inf))

    def start(self) -> Iterator[None]:
        method = self.method
        self.descent = Descent(
            self.question, self.room, method.wanted, method.confidence, method.sparsity, method.steps
        )
        self.evaluations = self.count
        return iter(())

    def draw(self, start: int, stop: int) -> None:
        self.descent.step()
        self.evaluations += self.count

    def values(self) -> Array:
        return self.descent.best()[0] - self.room.anchor

    def more(self) -> dict[str, Any]:
        altered, found, label = self.descent.best()
        if self.question.single:
            return {"altered": altered[0], "found": bool(found[0]), "label": int(label[0])}
        return {"altered": altered, "found": found, "label": label}


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class PertinentNegative(ContrastiveMethod):
    """What must not be there: the least to add to the input for another answer (Dhurandhar et al. 2018).

    Values only move away from the baseline, within the bounds: with "black" there is only more ink. The paper's term
    that keeps what is added likely, by an autoencoder trained on the data, is left out. A value is what was added. With
    ``Margin(a, b)``: the least for b to overtake a.

    Parameters
    ----------
    baseline : {"black", "white", "mean", "blur"}, number or array, default "black"
        Where nothing is.
    sparsity : float, default 0.1
        The weight of the sum of changes against the sum of their squares, in units of the range of values.
    confidence : float, default 0
        By how much the score of the other class has to be ahead in the end.
    steps : int, default 100
        Steps of descent for each weight of the class.
    searches : int, default 6
        How many weights are tried.

    Returns
    -------
    ContrastiveEstimate
        Where it is called with a model and inputs: an attribution that says besides whether one was `found`, and the
        `label` that the model answers at `altered`.

    References
    ----------
    Dhurandhar, Chen, Luss, Tu, Ting, Shanmugam, Das (2018), Explanations Based on the Missing: Towards Contrastive
    Explanations with Pertinent Negatives.

    Examples
    --------
    >>> result = xai.PertinentNegative(steps=50)(model, x)
    >>> result.found, model.class_name(result.label) != "cross"
    (True, True)
    """

    baseline: Baseline = BASELINE.field()
    sparsity: float = SPARSITY.field()
    confidence: float = CONFIDENCE.field()
    steps: int = STEPS.field()
    searches: int = SEARCHES.field()

    name = "pertinent_negative"
    label = "Pertinent negative"
    sentence = "The least to add for another answer: what must not be there."
    reference = "Dhurandhar, Chen, Luss, Tu, Ting, Shanmugam, Das 2018"
    ends = ("away from here", "added here")
    wanted = -1

    def room(self, batch: Array, baseline: Array, bounds: tuple[float, float]) -> Room:
        down = np.minimum(bounds[0] - batch, 0)
        up = np.maximum(bounds[1] - batch, 0)
        return Room(batch, np.where(batch > baseline, 0, down), np.where(batch < baseline, 0, up))


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class PertinentPositive(ContrastiveMethod):
    """What must be there: the least of the input that is enough for its answer (Dhurandhar et al. 2018).

    Only parts of the input are kept, each between the baseline and what it is; all else is at the baseline. Without the
    paper's autoencoder, as in `PertinentNegative`. A value is what was kept, the difference to the baseline. With
    ``Margin(a, b)``: enough for a to be ahead of b. Where the baseline alone is answered so, nothing is needed.

    Parameters
    ----------
    baseline : {"black", "white", "mean", "blur"}, number or array, default "black"
        Where nothing is.
    sparsity : float, default 0.1
        The weight of the sum of changes against the sum of their squares, in units of the range of values.
    confidence : float, default 0
        By how much the score of the class has to be ahead in the end.
    steps : int, default 100
        Steps of descent for each weight of the class.
    searches : int, default 6
        How many weights are tried.

    Returns
    -------
    ContrastiveEstimate
        Where it is called with a model and inputs: an attribution that says besides whether one was `found`, and the
        `label` that the model answers at `altered`.

    References
    ----------
    Dhurandhar, Chen, Luss, Tu, Ting, Shanmugam, Das (2018), Explanations Based on the Missing: Towards Contrastive
    Explanations with Pertinent Negatives.

    Examples
    --------
    >>> result = xai.PertinentPositive(steps=50)(model, x)
    >>> result.found, bool((result.values <= x).all())
    (True, True)
    """

    baseline: Baseline = BASELINE.field()
    sparsity: float = SPARSITY.field()
    confidence: float = CONFIDENCE.field()
    steps: int = STEPS.field()
    searches: int = SEARCHES.field()

    name = "pertinent_positive"
    label = "Pertinent positive"
    sentence = "The least of the input that is enough for its answer: what must be there."
    reference = "Dhurandhar, Chen, Luss, Tu, Ting, Shanmugam, Das 2018"
    ends = KEPT_ENDS
    wanted = 1

    def room(self, batch: Array, baseline: Array, bounds: tuple[float, float]) -> Room:
        away = batch - baseline
        return Room(np.array(baseline), np.minimum(away, 0), np.maximum(away, 0))
