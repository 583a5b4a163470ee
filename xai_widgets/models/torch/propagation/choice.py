"""Which way back goes with which rules."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from xai_widgets.models.rules import Rectified, Relevance, Rescaled, Rules
from xai_widgets.models.torch.propagation.interception import ModifiedBackward, RectifiedBackward
from xai_widgets.models.torch.propagation.relevance import RelevanceBackward
from xai_widgets.models.torch.propagation.rescaled import RescaledBackward


def modified_backward(rules: Rules, names: Mapping[nn.Module, str]) -> ModifiedBackward:
    """Return what gives the functions that run inside it the backward pass that the rules say.

    Parameters
    ----------
    rules : Rectified, Rescaled or Relevance
    names : dict of module to str
        The layers by which what is not covered is named.
    """
    match rules:
        case Rectified():
            return RectifiedBackward(rules, names)
        case Rescaled():
            return RescaledBackward(rules, names)
        case Relevance():
            return RelevanceBackward(rules, names)
