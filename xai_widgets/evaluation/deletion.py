"""Deletion and insertion: what erasing, or revealing, the parts of an input in the order of a map does to its class."""

from __future__ import annotations

from dataclasses import dataclass

from xai_widgets.answers.registry import register
from xai_widgets.evaluation.curves import Erasing


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class Deletion(Erasing):
    """The area under the curve of a class's probability while the input is erased (Petsiuk, Das, Saenko 2018).

    Where the map is right about what matters most the curve falls at once: the smaller, the better. AOPC and ABPC
    (Samek et al. 2017) come from the same passes. Of a quantity that is of no single class it is that quantity.

    References
    ----------
    Petsiuk, Das, Saenko (2018), RISE: Randomized Input Sampling for Explanation of Black-box Models.

    Samek, Binder, Montavon, Lapuschkin, Müller (2017), Evaluating the Visualization of What a Deep Neural Network Has
    Learned.

    Examples
    --------
    >>> found = xai.Deletion(steps=8)(model, x, method=xai.Occlusion(window=2, stride=2))
    >>> bool(found.curve[0] > found.curve[-1]), 0 <= found.value <= 1
    (True, True)
    """

    name = "deletion"
    label = "Deletion"
    sentence = "How much of the class is left while the input is erased; small where the map is right."
    reference = "Petsiuk, Das, Saenko 2018"
    better = "lower"
    reveals = False


@register
@dataclass(frozen=True, kw_only=True, eq=False)
class Insertion(Erasing):
    """The area under the curve of a class's probability while the input is revealed (Petsiuk, Das, Saenko 2018).

    Where the map is right about what matters most the curve rises at once: the larger, the better. It is the deletion
    of the least relevant first, read from the other end.

    References
    ----------
    Petsiuk, Das, Saenko (2018), RISE: Randomized Input Sampling for Explanation of Black-box Models.

    Examples
    --------
    >>> found = xai.Insertion(steps=8)(model, x, method=xai.Occlusion(window=2, stride=2))
    >>> bool(found.curve[0] < found.curve[-1]), 0 <= found.value <= 1
    (True, True)
    """

    name = "insertion"
    label = "Insertion"
    sentence = "How much of the class is there while the input is revealed; large where the map is right."
    reference = "Petsiuk, Das, Saenko 2018"
    better = "higher"
    reveals = True
