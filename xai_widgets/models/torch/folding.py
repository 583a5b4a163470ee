"""Batch norms folded into the convolutions before them, so that pictures go through one of the two alone.

In evaluation a batch norm multiplies each channel and adds to it, which weights and bias of the convolution can do as
well. They are computed anew in each pass, from what the student's network holds by then: it costs little where there
are few weights for many places.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_flatten

from xai_widgets.models.torch.paths import BATCH_NORMS
from xai_widgets.models.torch.recording import Call

CONVOLUTIONS = (torch.conv1d, torch.conv2d, torch.conv3d)

WORTH = 2
"""So many weights for each number that the convolution puts out are cheaper to multiply than what it puts out."""

FEWEST = 2
"""So many inputs at once are worth it: the norms of one alone cost less than it does to fold them."""


class Fold(NamedTuple):
    """A convolution and the batch norm that alone reads it.

    Attributes
    ----------
    weight : tensor
        That of the convolution.
    mean, variance, scale, shift : tensor or None
        Those of the batch norm, `mean` and `variance` never None.
    epsilon : float
    modules : frozenset of str
        Those that put out what the convolution does, which is another thing where it is folded.
    """

    weight: Tensor
    mean: Tensor
    variance: Tensor
    scale: Tensor | None
    shift: Tensor | None
    epsilon: float
    modules: frozenset[str] = frozenset()

    def folded(self, bias: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return the weights and the bias of the convolution that does what both do."""
        factor = torch.rsqrt(self.variance + self.epsilon)
        factor = factor if self.scale is None else factor * self.scale
        offset = -self.mean if bias is None else bias - self.mean
        offset = offset * factor if self.shift is None else torch.addcmul(self.shift, offset, factor)
        return self.weight * factor.view(-1, *(1,) * (self.weight.dim() - 1)), offset


class OtherWay(BaseException):
    """Ends a pass in which something came between a convolution and its batch norm, such as a hook that acts at times.

    No Exception, so that the network's own handlers let it through.
    """


class FoldedNorms(TorchFunctionMode):
    """Runs convolutions with their batch norms folded in, and passes by these.

    Parameters
    ----------
    folds : iterable of Fold

    Raises
    ------
    OtherWay
        In a pass that cannot be folded in this way.
    """

    def __init__(self, folds: Iterable[Fold]) -> None:
        super().__init__()
        self._folds = {id(fold.weight): fold for fold in folds}
        self._passed: dict[int, Tensor] = {}

    def __torch_function__(
        self, function: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if function in CONVOLUTIONS:
            given = dict(zip(("input", "weight", "bias"), args[:3], strict=False)) | kwargs
            fold = self._folds.get(id(given["weight"]))
            if fold is not None:
                given["weight"], given["bias"] = fold.folded(given.get("bias"))
                names = ("input", "weight", "bias")
                output = function(*map(given.pop, names), *args[3:], **given)
                self._passed[id(fold.mean)] = output
                return output
        elif function in BATCH_NORMS and self._passed:
            given = dict(zip(("input", "running_mean"), args[:2], strict=False)) | kwargs
            output = self._passed.pop(id(given["running_mean"]), None)
            if output is not None and output is given["input"]:
                return output
            if output is not None:
                raise OtherWay
        return function(*args, **kwargs)

    def check(self) -> None:
        """End a pass in which a convolution was not followed by its batch norm."""
        if self._passed:
            raise OtherWay


def find_folds(calls: Iterable[Call], own: Iterable[Tensor], shown: Mapping[int, frozenset[str]]) -> list[Fold]:
    """Return what can be folded among the operations of a pass.

    Parameters
    ----------
    calls : iterable of Call
        Of a pass without gradients.
    own : iterable of tensor
        What the network holds: what it computes by itself may be something else in the next pass.
    shown : mapping
        The names of the modules that put out a tensor, by its identity.
    """
    calls, known = list(calls), set(map(id, own))
    readers: dict[int, list[Call]] = {}
    times: Counter[int] = Counter()
    for call in calls:
        for one in {id(leaf): leaf for leaf in tree_flatten((call.args, call.kwargs))[0]}.values():
            if isinstance(one, Tensor):
                readers.setdefault(id(one), []).append(call)
                times[id(one)] += 1
    found = []
    for call in calls:
        reading = readers.get(id(call.result), [])
        fold = _fold(call, reading[0]) if len(reading) == 1 else None
        # Shared by several calls it would be taken for one of them.
        if fold is not None and all(id(t) in known and times[id(t)] == 1 for t in (fold.weight, fold.mean)):
            found.append(fold._replace(modules=shown.get(id(call.result), frozenset())))
    return found


def _fold(convolution: Call, norm: Call) -> Fold | None:
    name = norm.function._schema.name
    if convolution.function._schema.name != "aten::convolution" or convolution.args[6]:
        return None
    if name == "aten::_native_batch_norm_legit_no_training":
        _, scale, shift, mean, variance, _, epsilon = norm.args
    elif name == "aten::native_batch_norm" and not norm.args[5]:
        _, scale, shift, mean, variance, _, _, epsilon = norm.args
    else:
        return None
    weight, output = convolution.args[1], convolution.result
    cheap = weight.numel() <= WORTH * output[0].numel()
    return Fold(weight, mean, variance, scale, shift, epsilon) if cheap and norm.args[0] is output else None
