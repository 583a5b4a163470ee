"""Occlusion: a window slides over the input, and the quantity drops where it covers what counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xai_widgets.answers.question import Question
from xai_widgets.answers.registry import register
from xai_widgets.attribution.baseline import BASELINE, Baseline
from xai_widgets.attribution.features import features_for
from xai_widgets.attribution.perturbation.ablation import Groups
from xai_widgets.attribution.perturbation.engine import Batches, Masks, PerturbationMethod, Scorer
from xai_widgets.attribution.perturbation.recomputed import recomputed
from xai_widgets.attribution.perturbation.windows import Windows
from xai_widgets.option import Option

WINDOW = Option(
    default=8,
    kind="integer",
    label="Window",
    sentence="The side of the square that is covered; on a table, how many features.",
    minimum=1,
    slider=(1, None),
    step=1,
    unit="pixels",
    unlisted=("patches",),
)
STRIDE = Option(
    default=4,
    kind="integer",
    label="Stride",
    sentence="How far the square moves from one pass to the next.",
    minimum=1,
    slider=(1, None),
    step=1,
    unit="pixels",
    at_most="window",
)


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class Occlusion(PerturbationMethod):
    """How much the quantity drops when a window covers each place (Zeiler and Fergus 2014).

    The window fills all channels; where windows overlap, their drops are averaged. On vectors it counts features.

    Parameters
    ----------
    window : int or "patches", default 8
        The side of the window in pixels. With "patches" each window is one of those to which a vision transformer
        attends, side by side whatever the stride and the shape of the patches.
    stride : int, default 4
        The distance of two windows in pixels, at most `window`; the last one is cut off at the border.
    baseline : {"black", "white", "mean", "blur"}, number or array, default "black"
        What the window is filled with.

    References
    ----------
    Zeiler, Fergus (2014), Visualizing and Understanding Convolutional Networks.

    Examples
    --------
    >>> result = xai.Occlusion(window=2, stride=2)(model, x, xai.Probability("cross"))
    >>> result.map.shape, result.evaluations
    ((8, 8), 17)
    """

    window: int | Literal["patches"] = WINDOW.field()
    stride: int = STRIDE.field()
    baseline: Baseline = BASELINE.field()

    needs_plane = True
    name = "occlusion"
    label = "Occlusion"
    sentence = "How much the quantity drops when a square covers the place."
    reference = "Zeiler, Fergus 2014"
    ends = ("covering raises", "covering lowers")

    def masks(self, question: Question) -> Masks:
        if isinstance(self.window, str):
            patches = features_for(question.batch, self.window, 1, question.model)
            return Groups(patches, len(question.batch), question.model.input.layout)
        return Windows(question, self.window, self.stride)

    def scorer(self, batches: Batches) -> Scorer:
        return recomputed(batches) or batches
