"""What an attack comes to, in numbers and in words, for the screen and for Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from xai_widgets.adversarial.examination import Examination
from xai_widgets.adversarial.example import AdversarialExample
from xai_widgets.models.objective import Array

SHOWN_CLASSES = 4
"""So many classes are shown, always, so that nothing on the screen moves about."""

FACTORS = [digit * 10**power for power in range(5) for digit in (1, 2, 5)]
"""By how much a perturbation may be magnified."""


@dataclass(frozen=True, eq=False, repr=False)
class AttackResult:
    """What an attack did to one model; pictures are channels last, as they were given to `attack`.

    Attributes
    ----------
    picture : array of shape (H, W, C) or (H, W)
        The adversarial picture.
    perturbation : array of the same shape
        What was added to the picture.
    distance : float
        The size of the perturbation, in `norm`.
    norm : {"l2", "linf"}
    before, after : dict of str to float
        The probability of each class.
    label, prediction : str
        The class that the model answers before and after.
    succeeded : bool
        Whether the answer is another one (or the class that was aimed at).
    radius : float or None
        The certified l2 radius of the picture, within which the answer provably stays.
    explanation_before, explanation_after : Attribution
    example : AdversarialExample
        The same in the model's own layout.
    """

    picture: Array
    perturbation: Array
    distance: float
    norm: str
    before: dict[str, float]
    after: dict[str, float]
    label: str
    prediction: str
    succeeded: bool
    radius: float | None
    explanation_before: Any
    explanation_after: Any
    example: AdversarialExample

    def __repr__(self) -> str:
        answer = f"still {self.prediction}" if self.label == self.prediction else f"{self.label} → {self.prediction}"
        certified = "" if self.radius is None else f", certified up to {self.radius:.4g}"
        return f"AttackResult({answer} at {self.norm} distance {self.distance:.4g}{certified})"


class Verdict(NamedTuple):
    """The outcome in two lines."""

    headline: str
    detail: str
    kind: str
    """"certified", "stays", "flipped" or "broken": a certificate that did not hold."""


def result_of(examination: Examination, radius: float | None) -> AttackResult:
    """Return what users get of a final examination."""
    example = examination.example
    model = example.model
    before, after = (
        {model.class_name(index): float(value) for index, value in enumerate(values)}
        for values in (example.probabilities_before, example.probabilities)
    )
    return AttackResult(
        picture=channels_last(example, example.values),
        perturbation=channels_last(example, example.perturbation),
        distance=float(example.distance),
        norm=example.norm,
        before=before,
        after=after,
        label=model.class_name(int(example.label)),
        prediction=model.class_name(int(example.prediction)),
        succeeded=bool(example.succeeded),
        radius=radius,
        explanation_before=examination.before,
        explanation_after=examination.after,
        example=example,
    )


def verdict(example: AdversarialExample, epsilon: float, radius: float | None, *, final: bool, name: Any) -> Verdict:
    """Return the outcome of an attack in words.

    Parameters
    ----------
    example : AdversarialExample
    epsilon : float
        How far the attack may go.
    radius : float or None
        The certified radius in the norm of the attack.
    final : bool
        Whether the attack has come to its end.
    name : callable
        From the index of a class to its name.
    """
    now, label = name(example.prediction), name(example.label)
    flipped = example.prediction != example.label
    far = f"{example.distance:.3g}"
    if flipped and radius is not None and example.distance < radius * (1 - 1e-5):
        return Verdict(f"now {now}", f"at {far}, within its radius of {radius:.3g}: no certificate at all", "broken")
    if example.succeeded and flipped:
        return Verdict(f"now {now}", f"changed by {far}", "flipped")
    if flipped:
        return Verdict(f"now {now}", f"but not yet {name(example.target)}", "flipped")
    if radius is not None and epsilon <= radius:
        return Verdict(f"still {label}", f"certified: nothing within {radius:.3g} flips it", "certified")
    beyond = "" if radius is None else f"; certified up to {radius:.3g}"
    if example.target is not None and example.target == example.label:
        return Verdict(f"still {label}", "the class that it is to become", "stays")
    if not final:
        return Verdict(f"still {label}", f"searching{beyond}", "stays")
    return Verdict(f"still {label}", f"no attack found{beyond or ', which proves nothing'}", "stays")


def rows(example: AdversarialExample, name: Any) -> list[dict[str, Any]]:
    """Return the classes to show with their probabilities before and after: the label first, then the likeliest."""
    before, after = example.probabilities_before, example.probabilities
    likely = np.argsort(-np.maximum(before, after), kind="stable").tolist()
    first = [i for i in (example.label, example.prediction, example.target) if i is not None]
    order = list(dict.fromkeys([*first, *likely]))[:SHOWN_CLASSES]
    return [{"index": i, "name": name(i), "before": float(before[i]), "after": float(after[i])} for i in order]


def magnification(perturbation: Array, width: float) -> int:
    """Return by how much a perturbation is magnified to be seen: the largest round factor that cuts nothing off."""
    largest = float(np.abs(perturbation).max())
    fitting = [factor for factor in FACTORS if factor * largest <= width]
    return fitting[-1] if fitting and largest > 0 else 1


def channels_last(example: AdversarialExample, values: Array) -> Array:
    """Return an input in the layout of pictures."""
    return example.model.input.channels_last(values)
